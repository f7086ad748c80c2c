/** What the endpoints under `/v1/agent` need of the agent that is asked; made by compose. */
import type { AgentMember } from '../../../api/consul/agent-routes.ts';
import type { JsonObject } from '../../../base/json.ts';
import type { Registrar } from '../../../ports/registrar.ts';
import type { MetricsSource } from '../deps.ts';

export interface OwnAgent {
  readonly registrar: Registrar;
  readonly metrics: MetricsSource;
  /** UUID of its machine in the catalog. */
  readonly nodeId: string;
  readonly nodeMeta: Readonly<Record<string, string>>;
  readonly isServer: boolean;
  /** Where a check does not say how much of its output is kept [bytes]. */
  readonly checkOutputMaxBytes: number;
  /** The agents it knows, itself first. */
  members(): readonly AgentMember[];
  /** The configuration in force, secrets left out. */
  settings(): JsonObject;
  /** Facts of the machine, for support. */
  host(): JsonObject;
  /** Figures of the process by subsystem, as text. */
  stats(): Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The agent's log from now on, whole lines at `level` and above, until `signal` aborts. */
  monitor(
    options: { readonly level: string; readonly json: boolean },
    signal: AbortSignal,
  ): AsyncIterable<string>;
  /** Reads the configuration again. Fails: as that does. */
  reload(): Promise<void>;
  /** Ends the agent soon after; it has left the catalog by then. */
  stop(): void;
}
