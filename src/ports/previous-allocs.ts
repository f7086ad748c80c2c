/** What a client asks of the predecessor of one of its allocations, wherever that ran. */
import type { AllocId, NodeId } from '../core/model/ids.ts';

/** Asked by the client of the successor, which proves its node. */
export interface PreviousQuestion {
  readonly nodeId: NodeId;
  readonly secretId: string;
  /** The successor. */
  readonly allocId: AllocId;
}

/**
 * `running`: something of it may run; `ended`: nothing does, and its client can be asked; `gone`:
 * nobody knows of it any more, or its client is silent.
 */
export type PreviousState = 'running' | 'ended' | 'gone';

/**
 * Fails (both): `not_found`, `denied` the question is not that node's to ask; `unavailable` no
 * server, or not the other client, is in reach.
 */
export interface PreviousAllocs {
  /** Answers once it does not run any more, or that it still does after a while. */
  stateOf(question: PreviousQuestion, signal: AbortSignal): Promise<PreviousState>;
  /** Its data, as `AllocData.pack` made it. Fails: `conflict` it still runs. */
  dataOf(question: PreviousQuestion, signal: AbortSignal): AsyncIterable<Uint8Array>;
}
