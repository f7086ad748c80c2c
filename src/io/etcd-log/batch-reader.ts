/**
 * Reads batches out of etcd, in order and without gaps.
 *
 * R1: a page begins with the batch that holds the index asked for, and each next batch begins where
 *     the one before it ends. Where that cannot be, entries were compacted away, and it is told.
 */
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import type { EtcdApi } from '../etcd/client.ts';
import type { KeyValue } from '../etcd/messages.ts';
import { readBatchHead } from './batch.ts';
import type { LogKeys } from './keys.ts';
import { PAGE_BATCHES_MAX, PAGE_BYTES } from './limits.ts';

/** A batch as it lies in etcd, its further pieces behind it. */
export interface StoredBatch {
  readonly first: Index;
  readonly last: Index;
  /** Of the leader that wrote it. */
  readonly term: number;
  readonly whole: Buffer;
}

export interface Page {
  /** Empty where there is nothing from the index on. */
  readonly batches: readonly StoredBatch[];
  /** False when these were all there were at `revision`. */
  readonly more: boolean;
  readonly revision: number;
}

export interface ReaderDeps {
  readonly client: EtcdApi;
  readonly keys: LogKeys;
}

export class BatchReader {
  readonly #client: EtcdApi;
  readonly #keys: LogKeys;
  /** How many to ask for next, learnt from how large the last ones were. */
  #limit = 16;

  constructor(deps: ReaderDeps) {
    this.#client = deps.client;
    this.#keys = deps.keys;
  }

  /** The first index of the oldest batch; undefined in an empty log. */
  async firstIndex(): Promise<Index | undefined> {
    const range = { ...this.#keys.log, limit: 1, keysOnly: true };
    const { pairs } = await this.#client.range(range);
    return this.#spanOf(pairs[0])?.first;
  }

  /** The first index of the batch that holds `index`, or of the newest one before it. */
  async beginOf(index: Index): Promise<Index | undefined> {
    const { log } = this.#keys;
    const end = this.#keys.batchesFrom(index + 1);
    const range = { key: log.key, end, limit: 1, descending: true, keysOnly: true };
    const { pairs } = await this.#client.range(range);
    return this.#spanOf(pairs[0])?.first;
  }

  /**
   * The batches from the one that holds `from` on; as many as make up a page.
   *
   * Fails: `not_found` they were compacted away (facts: `firstIndex`); as `EtcdClient.range`.
   */
  async page(from: Index, signal?: AbortSignal): Promise<Page> {
    // Nearly always a batch begins right here. Where none does, one before it may reach over.
    const direct = await this.#pageAt(from, signal);
    if (direct.batches[0]?.first === from) return direct;
    const begin = (await this.beginOf(from)) ?? from;
    const page = begin === from ? direct : await this.#pageAt(begin, signal);
    const batches = page.batches.filter(({ last }) => last >= from);
    const first = batches[0]?.first;
    if (first !== undefined && first > from) throw compactedAway(from, first);
    return { ...page, batches };
  }

  /** What an event told of. Undefined for a key that is no batch. */
  async resolve(pair: KeyValue): Promise<StoredBatch | undefined> {
    const span = this.#spanOf(pair);
    if (span === undefined) return undefined;
    const { term, pieces } = readBatchHead(pair.value);
    if (pieces === 0) return { ...span, term, whole: pair.value };
    // More may be left of a batch that began here before it, and that there was no room for.
    const parts = { ...this.#keys.parts(span.first, term), limit: pieces };
    const rest = await this.#client.range(parts);
    if (rest.pairs.length !== pieces) throw await this.#incomplete(pair.key, span);
    return { ...span, term, whole: Buffer.concat([pair.value, ...rest.pairs.map((p) => p.value)]) };
  }

  async #pageAt(from: number, signal: AbortSignal | undefined): Promise<Page> {
    const { end } = this.#keys.log;
    const range = { key: this.#keys.batchesFrom(from), end, limit: this.#limit };
    const found = await this.#client.range(range, signal === undefined ? {} : { signal });
    let bytes = 0;
    const batches: StoredBatch[] = [];
    for (const pair of found.pairs) {
      const batch = await this.resolve(pair);
      if (batch === undefined) continue;
      const before = batches.at(-1);
      if (before !== undefined && batch.first !== before.last + 1) {
        throw compactedAway((before.last + 1) as Index, batch.first);
      }
      bytes += batch.whole.length;
      batches.push(batch);
    }
    const each = bytes / Math.max(1, batches.length);
    if (batches.length > 0) {
      this.#limit = Math.min(PAGE_BATCHES_MAX, Math.ceil(PAGE_BYTES / Math.max(1, each)));
    }
    return { batches, more: found.more, revision: found.revision };
  }

  /** Pieces go with their batch; where that is still there, they are lost. */
  async #incomplete(key: string, { first, last }: { first: Index; last: Index }): Promise<Failure> {
    const { pairs } = await this.#client.range({ key, keysOnly: true });
    if (pairs.length === 0) return compactedAway(first, (last + 1) as Index);
    return new Failure('internal', `entries from ${first} on lack pieces of their batch in etcd`);
  }

  #spanOf(pair: KeyValue | undefined): { first: Index; last: Index } | undefined {
    return pair && this.#keys.spanOf(pair.key);
  }
}

export function compactedAway(from: Index, firstIndex: Index): Failure {
  return new Failure('not_found', `entries before index ${firstIndex} were compacted away`, {
    facts: { firstIndex, from },
  });
}
