/**
 * The log of facts: the one place where something becomes true for the cluster.
 *
 * L1: indexes are dense; the first entry ever has index 1, each next entry one more.
 * L2: an acknowledged entry is durable: it survives `kill -9` and power loss.
 * L3: an append is all or nothing; no part of it is ever applied or read alone.
 * L4: `apply` is called once per entry and process, in the order of the log, never before the
 *     entry is durable.
 *
 * The port is generic over the entry, so that no engine knows the domain.
 */
import type { Index } from '../base/brand.ts';

/**
 * Advances the local state by one durable entry and says what became of it.
 *
 * Called by the engine, synchronously, in order (L4); a throw is a bug and stops the log for good.
 */
export type ApplyEntry<Entry, Outcome> = (index: Index, entry: Entry) => Outcome;

/** One acknowledged entry: its place in the log and what the local `apply` said of it. */
export type Committed<Outcome> = Readonly<{ index: Index; outcome: Outcome }>;

/** One entry as it stands in the log. */
export type Logged<Entry> = Readonly<{ index: Index; entry: Entry }>;

/**
 * Whether this process may write.
 *
 * `term` grows with each change of leader and with each restart of an embedded engine; it is never
 * used twice by two processes.
 */
export type Leadership = Readonly<{ leading: boolean; term: number }>;

export interface Log<Entry, Outcome> {
  /** The oldest entry still held, or `lastIndex + 1` when none is. */
  readonly firstIndex: Index;
  /** The newest durable and applied entry; 0 in an empty log. */
  readonly lastIndex: Index;

  /**
   * Makes the entries durable as one atomic step, applies them and answers one outcome for each,
   * in order. An empty list answers an empty list.
   *
   * @param signal gives up waiting; an entry already on its way may still be committed
   *
   * Fails: `invalid` the entries cannot be encoded or are too large; `exhausted` the disk is full
   * or too much is waiting (nothing was written, try again); `unsupported` another server's build
   * does not understand them (nothing was written); `unavailable` this process may not
   * write (not the leader, closed, or stopped after an error of the disk); `canceled` the signal.
   * After `unavailable` of an append that had begun, whether it took place is unknown.
   */
  append(entries: readonly Entry[], signal?: AbortSignal): Promise<readonly Committed<Outcome>[]>;

  /**
   * Yields every durable entry from `from` on, in order, and then waits for more until `signal`
   * aborts, upon which it ends quietly.
   *
   * Fails: `not_found` entries from `from` on were compacted away (facts: `firstIndex`).
   */
  read(from: Index, signal: AbortSignal): AsyncIterable<Logged<Entry>>;

  /** Yields the present leadership at once and then each change, until `signal` aborts. */
  leadership(signal: AbortSignal): AsyncIterable<Leadership>;

  /**
   * Allows the engine to forget entries up to and including `upTo`, which must be held by a
   * checkpoint. It may forget fewer, never more, and never the newest entry.
   *
   * @param kept the newest entry that the checkpoint holds, absent: `upTo`. What is between the two
   *   is kept for those that lag; an engine without room for new entries may forget that, too
   */
  compact(upTo: Index, kept?: Index): Promise<void>;

  /** Finishes what is waiting, refuses what comes later, and lets go of files and locks. */
  close(): Promise<void>;
}

/** Which entries a build understands: all up to a version. */
export interface EntryVersions<Entry> {
  readonly understood: number;
  /** The version that its readers need; more than `understood` where its type is not known. */
  readonly neededBy: (entry: Entry) => number;
}

/** Turns the entries of one append into self-contained bytes and back. */
export interface EntryCodec<Entry> {
  /** Absent: there is but one version. */
  readonly versions?: EntryVersions<Entry>;
  /** The bytes need nothing but themselves to be decoded. Throws on what cannot be encoded. */
  encode(entries: readonly Entry[]): Uint8Array;
  /**
   * The exact inverse. Throws on bytes that no `encode` made; `unsupported` on entries that a later
   * build made and this one does not understand.
   */
  decode(bytes: Uint8Array): readonly Entry[];
}
