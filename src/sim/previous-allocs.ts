/** Predecessors that ran elsewhere: what a test says of them; without that nobody knows of any. */
import type { AllocId } from '../core/model/ids.ts';
import type { PreviousAllocs, PreviousQuestion, PreviousState } from '../ports/previous-allocs.ts';

export class SimPreviousAllocs implements PreviousAllocs {
  /** Questions so far, in order: `state`, `data`. */
  readonly asked: string[] = [];
  /** Answered one after the other, the last one for ever; a failure is thrown. */
  states: readonly (PreviousState | Error)[] = ['gone'];
  /** Of each attempt, in order: its pieces; a failure among them is thrown. */
  data: readonly (readonly (Uint8Array | Error)[])[] = [];
  /** Never sends anything more after its pieces, until it is given up. */
  stalls = false;
  /** The successors that were asked for. */
  readonly successors = new Set<AllocId>();

  stateOf({ allocId }: PreviousQuestion): Promise<PreviousState> {
    this.asked.push('state');
    this.successors.add(allocId);
    const [next = 'gone', ...rest] = this.states;
    if (rest.length > 0) this.states = rest;
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
  }

  async *dataOf(_: PreviousQuestion, signal: AbortSignal): AsyncIterable<Uint8Array> {
    this.asked.push('data');
    const [pieces = [], ...rest] = this.data;
    this.data = rest;
    for (const piece of pieces) {
      await Promise.resolve();
      if (piece instanceof Error) throw piece;
      yield piece;
    }
    if (!this.stalls) return;
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  }
}
