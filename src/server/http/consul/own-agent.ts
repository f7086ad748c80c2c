/** What the endpoints under `/v1/agent` need of the agent that is asked; made by compose. */
import type { AgentMember } from '../../../api/consul/agent-routes.ts';
import type { KeyringAnswer } from '../../../api/consul/operator-routes.ts';
import type { JsonObject } from '../../../base/json.ts';
import type { Registrar } from '../../../ports/registrar.ts';
import type { MetricsSource } from '../deps.ts';

/** The pool that the agent is a member of. */
export interface OwnPool {
  /** Fails: `unavailable` nobody there; `invalid` no address; `not_found` no such host. */
  join(address: string): Promise<unknown>;
  /** Makes a failed member one that left; `prune`: and forgets it. */
  forceLeave(name: string, prune: boolean): void;
  /** Leaves in good order; resolves once the others were told. */
  leave(): Promise<void>;
  /** Fails: `internal` where there are no keys, or a member does not answer. */
  listKeys(): Promise<Pick<KeyringAnswer, 'keys' | 'primaryKeys' | 'numNodes'>>;
  /** Fails: `invalid` no key; `internal` where a member refuses, or does not answer. */
  changeKeys(verb: 'install' | 'use' | 'remove', key: string): Promise<void>;
}

/** The pool that servers of all regions share. */
export interface WanPool {
  readonly pool: OwnPool;
  /** The servers of all regions, itself among them. */
  members(): readonly AgentMember[];
}

export interface OwnAgent {
  readonly registrar: Registrar;
  readonly metrics: MetricsSource;
  /** UUID of its machine in the catalog. */
  readonly nodeId: string;
  readonly nodeMeta: Readonly<Record<string, string>>;
  readonly isServer: boolean;
  /** Where a check does not say how much of its output is kept [bytes]. */
  readonly checkOutputMaxBytes: number;
  /** Undefined: it does not gossip. */
  readonly pool?: OwnPool;
  /** The pool that servers of all regions share. Undefined: it is no member of it. */
  readonly wan?: WanPool;
  /** The agents it knows, itself among them. */
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
