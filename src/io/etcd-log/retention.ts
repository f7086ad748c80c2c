/**
 * What the log keeps, and for whom: its own server's wish to forget, bounded by what others need.
 *
 * RT1: an entry is deleted only while a majority of the servers holds it in a checkpoint; so
 *      whichever minority loses its disks, those that are left hold everything.
 * RT2: what was found of them still holds when the entry is deleted: the transaction compares it.
 * RT3: a store that is full takes nobody's word of what it has kept since: then those that are
 *      there are believed what they say over their links, or it would stay full for ever.
 */
import type { Index } from '../../base/brand.ts';
import { keptByMajority } from '../../core/etcd-member/kept-by-majority.ts';
import type { CountedServers, CountServers, LogClaim } from '../../ports/cluster-log.ts';
import type { Compare } from '../etcd/messages.ts';
import type { BatchReader } from './batch-reader.ts';
import type { BatchWriter } from './batch-writer.ts';
import type { KeptClaims, ReadClaim } from './kept-claims.ts';
import { FORGET_TRIES_MAX, HELD_BACK_WARN } from './limits.ts';

export interface RetentionDeps {
  readonly claims: KeptClaims;
  readonly reader: BatchReader;
  readonly writer: BatchWriter;
  readonly count: CountServers;
  readonly lastIndex: () => Index;
  readonly note: (line: string) => void;
}

/** What may be forgotten, as long as nobody says anything else. */
interface Leave {
  readonly upTo: Index;
  readonly unchanged: readonly Compare[];
  /** Names of those that hold it up. */
  readonly behind: readonly string[];
}

export class Retention {
  readonly #deps: RetentionDeps;
  #first = 1 as Index;
  /** What this server has no use for. */
  #wanted = 0 as Index;
  #isTold = false;

  constructor(deps: RetentionDeps) {
    this.#deps = deps;
  }

  /** The oldest entry that is still there, as far as is known. */
  get first(): Index {
    return this.#first;
  }

  /** Entries before this one are gone. */
  forgotten(first: Index): void {
    this.#first = Math.max(this.#first, first) as Index;
  }

  /** From now on this much is to be forgotten, as soon as it may be. */
  want(upTo: Index): void {
    this.#wanted = upTo;
  }

  /**
   * Forgets what is wanted and allowed.
   *
   * @param term of whoever holds the seat, in whose name it is done
   * @param isNeed there is no room: all that is allowed
   * Fails: as `EtcdApi.txn`, and as whoever is asked which servers count.
   */
  async forget(term: number, isNeed = false): Promise<void> {
    const upTo = isNeed ? this.#deps.claims.kept : this.#wanted;
    for (let tries = 0; tries < FORGET_TRIES_MAX && upTo >= this.#first; tries++) {
      const leave = await this.#leave(upTo, isNeed);
      this.#tell(upTo, leave, isNeed);
      if (!(await this.#delete(leave, term))) return;
    }
  }

  /** True: somebody said something else meanwhile. */
  async #delete({ upTo, unchanged }: Leave, term: number): Promise<boolean> {
    const { reader, writer, lastIndex } = this.#deps;
    if (upTo < this.#first) return false;
    const begin = await reader.beginOf(Math.min(upTo + 1, lastIndex()) as Index);
    if (begin === undefined || begin <= this.#first) return false;
    const verdict = await writer.forgetBefore(begin, term, unchanged);
    if (verdict === 'done') this.forgotten(begin);
    return verdict === 'changed';
  }

  async #leave(wanted: Index, isNeed: boolean): Promise<Leave> {
    const { claims, count } = this.#deps;
    const said = await claims.all();
    const counted = await count(said);
    if (counted.gone.length > 0) await claims.drop(said.filter(isIn(counted.gone)));
    const kept = new Map(said.map((each) => [each.id, each.kept]));
    if (isNeed) for (const [id, index] of counted.told ?? []) kept.set(id, index);
    const majority = keptByMajority(counted.ids, kept, counted.least);
    const upTo = Math.min(wanted, majority.index) as Index;
    const behind = counted.ids.filter((id) => (kept.get(id) ?? 0) < wanted);
    const nameOf = (id: string): string => said.find((each) => each.id === id)?.name ?? id;
    return {
      upTo,
      unchanged: claims.unchanged(said.filter(isIn(majority.by))),
      behind: behind.map(nameOf),
    };
  }

  /** Nothing is lost by it, but it cannot go on for ever. */
  #tell(wanted: Index, { upTo, behind }: Leave, isNeed: boolean): void {
    const heldBack = wanted - Math.max(upTo, this.#first - 1);
    const isLong = heldBack >= HELD_BACK_WARN || (isNeed && heldBack > 0);
    if (isLong && !this.#isTold) {
      this.#deps.note(
        `the log cannot forget ${heldBack} entries that too few servers have kept yet; behind: ` +
          (behind.length === 0 ? 'servers that never came' : behind.map(quoted).join(', ')),
      );
    }
    this.#isTold = isLong;
  }
}

/** Where nobody knows better: those count that have said what they keep. */
export function countAll(claims: readonly LogClaim[]): Promise<CountedServers> {
  return Promise.resolve({ ids: claims.map(({ id }) => id), least: 1, gone: [] });
}

function isIn(ids: readonly string[]): (claim: ReadClaim) => boolean {
  return ({ id }) => ids.includes(id);
}

function quoted(name: string): string {
  return `"${name}"`;
}
