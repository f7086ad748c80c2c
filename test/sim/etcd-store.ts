/**
 * What an etcd holds: keys with their revisions, the history that watches read, leases. No time passes
 * here, and nobody is out of reach.
 *
 * ES1: each transaction that changes anything is one revision; its events are told together.
 * ES2: what was compacted is not told any more, and who asks for it hears so.
 *
 * `test/e2e/etcd-model.test.ts` holds it against a real one, step by step.
 */
import { Failure } from '../../src/base/failure.ts';
import type {
  Compare,
  KeyValue,
  Op,
  RangeAnswer,
  RangeQuery,
  Txn,
} from '../../src/io/etcd/messages.ts';
import type { TxnAnswer, WatchEvent } from '../../src/io/etcd/messages.ts';
import { compactedAway, type WatchFrom } from '../../src/io/etcd/repeat.ts';

interface Happened {
  readonly revision: number;
  readonly event: WatchEvent;
}

const NOTHING = Buffer.alloc(0);

export class EtcdStore {
  /** Etcd's own first. */
  revision = 1;
  /** Changes up to this revision are forgotten. */
  compacted = 0;
  readonly #pairs = new Map<string, KeyValue>();
  /** Of all pairs, sorted. */
  #keys: string[] = [];
  #happened: Happened[] = [];
  /** Keys that go with a lease. */
  readonly #leased = new Map<bigint, Set<string>>();

  range({ key, end, limit = 0, descending, keysOnly }: RangeQuery): RangeAnswer {
    let keys = this.#keysIn(key, end);
    if (descending === true) keys.reverse();
    const more = limit > 0 && keys.length > limit;
    if (more) keys = keys.slice(0, limit);
    const pairs = keys.flatMap((each) => this.#pairs.get(each) ?? []);
    const shown = keysOnly === true ? pairs.map((pair) => ({ ...pair, value: NOTHING })) : pairs;
    return { revision: this.revision, pairs: shown, more };
  }

  /** Fails, and does nothing: `invalid` it touches a key twice; `not_found` a lease has ended. */
  txn({ compare, success, failure = [] }: Txn): TxnAnswer {
    if (touchesTwice(success) || touchesTwice(failure)) {
      throw new Failure('invalid', 'etcdserver: duplicate key given in txn request');
    }
    const succeeded = compare.every((each) => this.#holds(each));
    const ops = succeeded ? success : failure;
    if (ops.some((op) => 'put' in op && !this.#mayPut(op.put))) {
      throw new Failure('not_found', 'etcdserver: requested lease not found');
    }
    const revision = this.revision + 1;
    const before = this.#happened.length;
    const found = ops.map((op) => this.#do(op, revision));
    if (this.#happened.length > before) this.revision = revision;
    return { succeeded, revision: this.revision, found };
  }

  /** Whether it would put anything, so that a full store refuses it. */
  wants({ compare, success, failure = [] }: Txn): 'room' | 'none' {
    const ops = compare.every((each) => this.#holds(each)) ? success : failure;
    return ops.some((op) => 'put' in op) ? 'room' : 'none';
  }

  /**
   * Forgets what a later value has replaced. Of the revision itself the values are left, not that
   * something was deleted: who asks from there on misses that, as in etcd 3.4.
   *
   * Answers false where that is done already, or lies ahead.
   */
  compact(revision: number): boolean {
    if (revision <= this.compacted || revision > this.revision) return false;
    this.compacted = revision;
    this.#happened = this.#happened.filter(
      (each) =>
        each.revision > revision || (each.revision === revision && each.event.type === 'put'),
    );
    return true;
  }

  grant(lease: bigint): void {
    this.#leased.set(lease, new Set());
  }

  /** Its keys go with it. Fails: `not_found` it has ended. */
  endLease(lease: bigint): void {
    const keys = this.#leased.get(lease);
    if (keys === undefined) throw new Failure('not_found', 'etcdserver: requested lease not found');
    this.#leased.delete(lease);
    this.txn({ compare: [], success: [...keys].sort().map((key) => ({ remove: { key } })) });
  }

  /**
   * What happened in a range from a revision on, those of one revision together (ES1).
   *
   * Fails: `not_found` the first of it was compacted away (ES2).
   */
  eventsFrom(from: WatchFrom): readonly (readonly WatchEvent[])[] {
    const { key, end, revision } = from;
    if (revision < this.compacted) throw compactedAway(from, this.compacted);
    const groups: WatchEvent[][] = [];
    let last = 0;
    for (const each of this.#happened.slice(this.#firstFrom(revision))) {
      const { pair } = each.event;
      if (pair.key < key || pair.key >= end) continue;
      if (each.revision === last) groups.at(-1)?.push(each.event);
      else groups.push([each.event]);
      last = each.revision;
    }
    return groups;
  }

  #firstFrom(revision: number): number {
    let [from, to] = [0, this.#happened.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#happened[middle]?.revision ?? 0) < revision) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #holds(compare: Compare): boolean {
    const pair = this.#pairs.get(compare.key);
    if ('value' in compare) return pair !== undefined && pair.value.equals(compare.value);
    return (pair?.modRevision ?? 0) === compare.modRevision;
  }

  #mayPut({ lease }: { readonly lease?: bigint }): boolean {
    return lease === undefined || this.#leased.has(lease);
  }

  #do(op: Op, revision: number): readonly KeyValue[] {
    if ('range' in op) return this.range(op.range).pairs;
    if ('put' in op) this.#put(op.put, revision);
    else for (const key of this.#keysIn(op.remove.key, op.remove.end)) this.#remove(key, revision);
    return [];
  }

  #put(
    { key, value, lease }: { key: string; value: Uint8Array; lease?: bigint },
    revision: number,
  ): void {
    const before = this.#pairs.get(key);
    if (before === undefined) this.#keys.splice(this.#placeOf(key), 0, key);
    for (const keys of this.#leased.values()) keys.delete(key);
    if (lease !== undefined) this.#leased.get(lease)?.add(key);
    const createRevision = before?.createRevision ?? revision;
    const pair = { key, value: Buffer.from(value), createRevision, modRevision: revision };
    this.#pairs.set(key, pair);
    this.#happened.push({ revision, event: { type: 'put', pair } });
  }

  #remove(key: string, revision: number): void {
    this.#pairs.delete(key);
    this.#keys.splice(this.#placeOf(key), 1);
    for (const keys of this.#leased.values()) keys.delete(key);
    const pair = { key, value: NOTHING, createRevision: 0, modRevision: revision };
    this.#happened.push({ revision, event: { type: 'delete', pair } });
  }

  #keysIn(key: string, end: string | undefined): string[] {
    if (end === undefined) return this.#pairs.has(key) ? [key] : [];
    return this.#keys.slice(this.#placeOf(key), this.#placeOf(end));
  }

  /** Of the first key that is not before it. */
  #placeOf(key: string): number {
    let [from, to] = [0, this.#keys.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#keys[middle] ?? '') < key) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** Whether a list of steps puts a key that another one of them puts or removes. */
function touchesTwice(ops: readonly Op[]): boolean {
  const puts = ops.flatMap((op) => ('put' in op ? [op.put.key] : []));
  if (new Set(puts).size < puts.length) return true;
  return ops.some((op) => {
    if (!('remove' in op)) return false;
    const { key, end } = op.remove;
    return puts.some((put) => (end === undefined ? put === key : put >= key && put < end));
  });
}
