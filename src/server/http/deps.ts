/** What the HTTP handlers need of the program around them; made by compose, or by a test. */
import type { Index } from '../../base/brand.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Issue } from '../../api/codec/issue.ts';
import type {
  AgentHealth,
  AgentSelf,
  KeyRing,
  Member,
  MetricsAnswer,
} from '../../api/nomad/agent-routes.ts';
import type { NodeId } from '../../core/model/ids.ts';
import type { Job, JobDraft } from '../../core/model/job.ts';
import type { ClientLink } from '../../ports/client-link.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LogPeers } from '../../ports/log-peers.ts';
import type { Answer, Operations } from '../operations.ts';

export interface HttpDeps {
  readonly ops: Operations;
  readonly clock: Clock;
  readonly jobs: JobLanguage;
  readonly agent: AgentFacts;
  readonly metrics: MetricsSource;
  /** Absent: there is no other server. */
  readonly logPeers?: LogPeers;
  /** Absent: this agent does not gossip. */
  readonly membership?: ServerMembership;
  /** The client that runs on a node; absent where it cannot be reached from here. */
  clientOf(nodeId: NodeId): ClientLink | undefined;
  /** The node of this agent's own client; absent on a server alone. */
  ownNode(): NodeId | undefined;
}

/** The job language, as far as a door needs it. */
export interface JobLanguage {
  /** Reads a job file. Mistakes are rendered with their places. */
  parse(
    source: string,
    variables: string,
  ): Promise<Readonly<{ job: JobDraft }> | Readonly<{ mistakes: string }>>;
  /** Fills in every default. */
  canonicalize(draft: JobDraft): Job;
  /** What is wrong with a canonical job; empty: nothing. */
  validate(job: Job): readonly Issue[];
  /** What its author may want to know, `others` included, rendered; empty: nothing. */
  warnings(job: Job, others?: readonly string[]): string;
  /** What a job was made from is kept up to this size [bytes]. */
  readonly sourceBytesMax: number;
}

/** What the agent knows of itself and its peers. */
export interface AgentFacts {
  readonly region: string;
  readonly datacenter: string;
  readonly serverName: string;
  readonly version: string;
  self(): AgentSelf;
  members(): readonly Member[];
  health(): AgentHealth;
  /** `host:port` of the servers that this agent's client talks to. */
  servers(): readonly string[];
  /** `host:port` of the leader; empty when there is none. */
  leader(): string;
  /** `host:port` of every server. */
  peers(): readonly string[];
  regions(): readonly string[];
  host(): JsonObject;
  /** The agent's log from now on, whole lines at `level` and above, until `signal` aborts. */
  monitor(
    options: { readonly level: string; readonly json: boolean },
    signal: AbortSignal,
  ): AsyncIterable<string>;
}

/** Coming and going of servers; what the gossip of this agent does. */
export interface ServerMembership {
  /** Answers how many joined. Fails: `unavailable` nobody there; `invalid` no address. */
  join(address: string): Promise<number>;
  /** Makes a server that failed one that left; `prune`: and forgets it. */
  forceLeave(name: string, prune: boolean): void;
  /** Fails: `internal` where there are no keys, or a member does not answer. */
  listKeys(): Promise<KeyRing>;
  /** Fails: `invalid` no key; `internal` where a member refuses, or does not answer. */
  changeKeys(verb: 'install' | 'use' | 'remove', key: string): Promise<void>;
}

export interface MetricsSource {
  json(): MetricsAnswer | Promise<MetricsAnswer>;
  /** Text in Prometheus' exposition format. */
  prometheus(): Promise<string>;
}

/** What a handler answers besides the value. */
export interface Told {
  readonly index?: Index;
  readonly lastContactMs?: number;
  readonly knownLeader?: boolean;
  readonly nextToken?: string;
  readonly status?: number;
}

/** An answer with its headers' facts. */
export interface Result<Reply> extends Told {
  readonly value: Reply;
  /** The value as JSON, where that is kept; absent: it is encoded for this answer. */
  readonly json?: () => Uint8Array;
}

/** The facts of a read's headers. */
export function toldOf(answer: Answer<unknown>): Told {
  const { index, lastContactMs, knownLeader } = answer;
  return { index, lastContactMs, knownLeader };
}

/** Answers a value without an index. */
export function plainly<Reply>(value: Reply): Promise<Result<Reply>> {
  return Promise.resolve({ value });
}
