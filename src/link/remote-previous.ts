/** What a client asks of predecessors that ran elsewhere, answered by whichever server it has. */
import { Failure } from '../base/failure.ts';
import { PREVIOUS_WAIT_MS } from '../core/limits.ts';
import type { PreviousAllocs, PreviousQuestion, PreviousState } from '../ports/previous-allocs.ts';
import { bytesOf, streamOf, type Caller } from './caller.ts';

/** An answer comes after `PREVIOUS_WAIT_MS` at the latest; the way takes this at most [ms]. */
const SLACK_MS = 30_000;

export class RemotePreviousAllocs implements PreviousAllocs {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async stateOf(question: PreviousQuestion, signal: AbortSignal): Promise<PreviousState> {
    const options = { signal, deadlineMs: PREVIOUS_WAIT_MS + SLACK_MS };
    const state = await this.#caller.call('alloc.previous', question, options);
    if (state === 'running' || state === 'ended' || state === 'gone') return state;
    throw new Failure('internal', '"alloc.previous" was answered with something else');
  }

  async *dataOf(question: PreviousQuestion, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const asked = { method: 'alloc.previous-data', question };
    for await (const piece of streamOf(this.#caller, asked, signal)) yield bytesOf(piece);
  }
}
