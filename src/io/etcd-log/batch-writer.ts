/**
 * Puts batches at the end of the log, for whoever holds the seat.
 *
 * T1, T2 of etcd-log.ts are upheld here.
 */
import { assert } from '../../base/assert.ts';
import { Failure } from '../../base/failure.ts';
import type { Index } from '../../base/brand.ts';
import type { Clock } from '../../ports/clock.ts';
import { isPassing } from '../etcd/repeat.ts';
import type { EtcdApi } from '../etcd/client.ts';
import type { Compare, KeyValue, Txn, TxnAnswer } from '../etcd/messages.ts';
import type { Chunk } from '../log/frame.ts';
import { encodeBatch, readBatchHead } from './batch.ts';
import type { LogKeys } from './keys.ts';
import { ATTEMPT_MS, COMMIT_MS_MAX } from './limits.ts';
import type { Seat } from './seat.ts';

export interface BatchWriterDeps {
  readonly client: EtcdApi;
  readonly keys: LogKeys;
  readonly clock: Clock;
  readonly seat: Seat;
  /** Told when etcd has no room. */
  readonly full: () => void;
}

/** The indexes of one batch. */
export interface Span {
  readonly first: Index;
  readonly last: Index;
}

/** `deposed`: it is not in the log and never will be. */
export type Verdict = 'committed' | 'deposed';

export class BatchWriter {
  readonly #deps: BatchWriterDeps;

  constructor(deps: BatchWriterDeps) {
    this.#deps = deps;
  }

  /** The index of the newest entry in the log; 0 in an empty one. */
  async head(): Promise<number> {
    const { client, keys } = this.#deps;
    const { pairs } = await client.range({ key: keys.head });
    return pairs[0] === undefined ? 0 : Number(pairs[0].value.toString());
  }

  /**
   * Who has read everything in its term must be at the head: else batches are missing, and it fails
   * (`internal`). False: the term is over, and whoever came next may have written more.
   */
  async checkHead(last: Index, term: number): Promise<boolean> {
    const { client, keys, seat } = this.#deps;
    const answer = await client.txn({
      compare: [seat.fence(term)],
      success: [{ range: { key: keys.head } }],
      failure: [{ range: { key: keys.leader } }],
    });
    const found = answer.found[0]?.[0];
    if (!answer.succeeded) {
      seat.refused(found, answer.revision);
      return false;
    }
    const head = found === undefined ? 0 : Number(found.value.toString());
    if (head === last) return true;
    throw new Failure('internal', `the log's head is ${head}, but its batches end at ${last}`);
  }

  /**
   * Commits the appends as one batch in a term of this process.
   *
   * Fails: `exhausted` etcd has no room (nothing was written); `unavailable` nobody answered for so
   * long that it is not known what became of it.
   */
  async commit(span: Span, term: number, chunks: readonly Chunk[]): Promise<Verdict> {
    const { keys, seat } = this.#deps;
    const { value, pieces } = encodeBatch(chunks, term);
    const key = keys.batch(span.first, span.last);
    const compare = [seat.fence(term), this.#headIs(span.first - 1)];
    const failure = [{ range: { key: keys.leader } }, { range: { key } }];
    for (const [n, piece] of pieces.entries()) {
      const put = { put: { key: keys.part(span.first, term, n), value: piece } };
      const answer = await this.#insist({ compare, success: [put], failure }, key, term);
      if (!answer.succeeded) return this.#judge(answer, term);
    }
    const head = Buffer.from(String(span.last));
    const success = [{ put: { key, value } }, { put: { key: keys.head, value: head } }];
    const answer = await this.#insist({ compare, success, failure }, key, term);
    return answer.succeeded ? 'committed' : this.#judge(answer, term);
  }

  /**
   * Deletes the batches before `begin`, where one begins.
   *
   * @param unchanged what must hold besides
   */
  async forgetBefore(
    begin: Index,
    term: number,
    unchanged: readonly Compare[],
  ): Promise<'done' | 'deposed' | 'changed'> {
    const { client, keys, seat } = this.#deps;
    const batches = { key: keys.log.key, end: keys.batchesFrom(begin) };
    const success = [{ remove: batches }, { remove: keys.partsBefore(begin) }];
    const failure = [{ range: { key: keys.leader } }];
    const compare = [seat.fence(term), ...unchanged];
    const answer = await client.txn({ compare, success, failure });
    if (answer.succeeded) return 'done';
    const leader = answer.found[0]?.[0];
    if ((leader?.modRevision ?? 0) === term) return 'changed';
    seat.refused(leader, answer.revision);
    return 'deposed';
  }

  #headIs(index: number): Compare {
    const { head } = this.#deps.keys;
    if (index === 0) return { key: head, modRevision: 0 };
    return { key: head, value: Buffer.from(String(index)) };
  }

  /** What a refusal means: an earlier copy was faster, or another process has the seat. */
  #judge(answer: TxnAnswer, term: number): Verdict {
    const leader = answer.found[0]?.[0];
    if (isOwn(answer.found[1]?.[0], term)) return 'committed';
    assert(leader?.modRevision !== term, 'within a term nobody else moves the head');
    this.#deps.seat.refused(leader, answer.revision);
    return 'deposed';
  }

  /**
   * Repeats a fenced transaction until etcd says what became of it (T2). That there is no room says
   * nothing of a copy before it that was not answered, nor, where that was noticed while it was
   * carried out, of this one: whether the batch is in the log is looked up.
   */
  async #insist(txn: Txn, key: string, term: number): Promise<TxnAnswer> {
    const { client, clock, seat, full } = this.#deps;
    const beganMs = clock.elapsedMs();
    let isInDoubt = false;
    for (;;) {
      const sentMs = clock.elapsedMs();
      try {
        const answer = await client.txn(txn, { deadlineMs: ATTEMPT_MS });
        if (answer.succeeded) seat.proven(sentMs);
        return answer;
      } catch (error) {
        const isFull = error instanceof Failure && error.fault === 'exhausted';
        if (!isFull && !isPassing(error)) throw error;
        if (isFull) full();
        const found = isFull ? await this.#find(key, term) : 'unknown';
        if (typeof found === 'object') return refusedBy(found);
        if (found === undefined && !isInDoubt) throw error;
        isInDoubt = true;
        if (clock.elapsedMs() - beganMs >= COMMIT_MS_MAX) {
          const message = 'etcd does not say whether the entries were committed';
          throw new Failure('unavailable', message, { cause: error });
        }
        await clock.sleep(RETRY_MS, NEVER);
      }
    }
  }

  /** The batch that was put in a term, if one is there. */
  async #find(key: string, term: number): Promise<KeyValue | undefined | 'unknown'> {
    try {
      const { pairs } = await this.#deps.client.range({ key }, { deadlineMs: ATTEMPT_MS });
      return isOwn(pairs[0], term) ? pairs[0] : undefined;
    } catch (error) {
      if (!isPassing(error)) throw error;
      return 'unknown';
    }
  }
}

/** As etcd answers a copy of what is in the log. */
function refusedBy(batch: KeyValue): TxnAnswer {
  return { succeeded: false, revision: batch.modRevision, found: [[], [batch]] };
}

const RETRY_MS = 50;
const NEVER = new AbortController().signal;

function isOwn(batch: KeyValue | undefined, term: number): boolean {
  return batch !== undefined && readBatchHead(batch.value).term === term;
}
