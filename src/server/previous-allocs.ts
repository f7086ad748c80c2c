/**
 * Predecessors of allocations, for the clients of their successors: whether they have ended, and
 * the data that they left.
 *
 * PA1: a node asks for the predecessors of its own allocations alone, and proves itself by its
 *      secret: nobody else's data is handed out.
 */
import { Failure } from '../base/failure.ts';
import { PREVIOUS_WAIT_MS } from '../core/limits.ts';
import type { Alloc } from '../core/model/alloc.ts';
import type { AllocId, NodeId } from '../core/model/ids.ts';
import type { Read } from '../core/state/reads.ts';
import type { StateReader } from '../core/state/snapshot.ts';
import { watch } from '../core/state/watch.ts';
import type { ClientLink } from '../ports/client-link.ts';
import type { PreviousAllocs, PreviousQuestion, PreviousState } from '../ports/previous-allocs.ts';
import type { ParkedReads } from './parked-reads.ts';
import type { Replica } from './replica.ts';

export interface PreviousAllocsDeps {
  readonly replica: Replica;
  readonly parked: ParkedReads;
  /** Of a node that some server is in touch with. */
  readonly clientOf: (nodeId: NodeId) => ClientLink | undefined;
}

export class ServerPreviousAllocs implements PreviousAllocs {
  readonly #deps: PreviousAllocsDeps;

  constructor(deps: PreviousAllocsDeps) {
    this.#deps = deps;
  }

  /** From this server's own state. */
  async stateOf(question: PreviousQuestion, signal: AbortSignal): Promise<PreviousState> {
    const { parked } = this.#deps;
    const previous = this.#prove(question);
    if (previous === undefined) return 'gone';
    const read = readState(previous);
    const { value, index } = await parked.query(read, {}, signal);
    if (value !== 'running') return value;
    const isNews = (state: StateReader): boolean => stateIn(state, previous) !== 'running';
    const options = { after: index, waitMs: PREVIOUS_WAIT_MS, isNews };
    return (await parked.query(read, options, signal)).value;
  }

  async *dataOf(question: PreviousQuestion, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const previous = this.#prove(question);
    const nodeId = previous && this.#deps.replica.state.alloc(previous)?.nodeId;
    if (previous === undefined || nodeId === undefined) {
      throw new Failure('not_found', 'the predecessor was forgotten');
    }
    const client = this.#deps.clientOf(nodeId);
    if (client === undefined) throw new Failure('unavailable', `No path to node "${nodeId}"`);
    yield* client.allocData(previous, signal);
  }

  /** PA1. Answers the predecessor; undefined: there is none. */
  #prove({ nodeId, secretId, allocId }: PreviousQuestion): AllocId | undefined {
    const { state } = this.#deps.replica;
    const node = state.node(nodeId);
    const alloc = state.alloc(allocId);
    // A server that follows may hear of both a moment later.
    if (node === undefined || alloc === undefined) {
      throw new Failure('unavailable', `alloc "${allocId}" is not known here`);
    }
    if (node.secretId !== secretId || alloc.nodeId !== nodeId) {
      throw new Failure('denied', `alloc "${allocId}" is not one of node "${nodeId}"`);
    }
    return alloc.previousAllocId;
  }
}

function readState(id: AllocId): Read<PreviousState> {
  return (state) => {
    const nodeId = state.alloc(id)?.nodeId;
    const keys = [watch.alloc(id), ...(nodeId === undefined ? [] : [watch.node(nodeId)])];
    return { value: stateIn(state, id), keys };
  };
}

function stateIn(state: StateReader, id: AllocId): PreviousState {
  const alloc = state.alloc(id);
  const isHeard = alloc !== undefined && state.node(alloc.nodeId)?.status === 'ready';
  return alloc === undefined || !isHeard ? 'gone' : endOf(alloc);
}

/** Of one whose client is heard; that knows best what became of one that was called lost. */
function endOf({ clientStatus }: Alloc): PreviousState {
  switch (clientStatus) {
    case 'pending':
    case 'running':
    case 'unknown':
      return 'running';
    case 'complete':
    case 'failed':
    case 'lost':
      return 'ended';
  }
}
