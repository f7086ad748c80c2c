/**
 * A log that several servers share, one of which leads at a time.
 *
 * H1: at most one process's appends are taken at any time; whoever holds the leadership in its own
 *     eyes only finds out when it appends or proves itself.
 */
import type { Index } from '../base/brand.ts';
import type { Log } from './log.ts';

/** A server as the others know it. */
export interface ServerIdentity {
  /** Stays the same for the life of its data directory. */
  readonly id: string;
  readonly name: string;
  /** `host:port` of the agent link: where requests for the leader go. */
  readonly address: string;
}

/** The server that leads, and in which term. */
export interface LogHolder extends ServerIdentity {
  readonly term: number;
}

export interface ClusterLog<Entry, Outcome> extends Log<Entry, Outcome> {
  /** Who leads, as far as this process has heard; undefined while nobody does. */
  readonly holder: LogHolder | undefined;

  /**
   * Until when it was certain that this process leads [ms of `Clock.elapsedMs`]: the instant before
   * the last commit or proof that succeeded was sent; -Infinity while it does not lead.
   */
  readonly provenMs: number;

  /**
   * When this process last heard that it holds all that there is, from whoever leads or by an entry
   * of its [ms of `Clock.elapsedMs`]; now, while it leads itself. Before the first time: when it
   * began.
   */
  readonly contactMs: number;

  /** The newest entry that this server's checkpoint holds. */
  readonly kept: Index;

  /** Yields the present holder at once and then each change, until `signal` aborts. */
  holders(signal: AbortSignal): AsyncIterable<LogHolder | undefined>;

  /**
   * Proves that this process led after the call began, so that what it has applied is the newest.
   *
   * Fails: `unavailable` it does not lead, or cannot tell.
   */
  prove(): Promise<void>;

  /**
   * Lets another server lead, and resolves once one does.
   *
   * @param to the id of the one that is to lead next; absent: whichever is ready
   * Fails: `unavailable` this one does not lead, or no other, or not that one, takes over;
   * `unsupported` somebody else's etcd decides who leads.
   */
  giveLead(to?: string): Promise<void>;

  /**
   * Resolves with the reason when the log cannot go on: a bug in `apply`, or (`not_found`) entries
   * that were compacted away before this process read them, so that it needs another's snapshot.
   */
  readonly stopped: Promise<Error>;
}

/** How much of the state a server has said that its disk holds. */
export interface LogClaim {
  readonly id: string;
  readonly name: string;
  /** The newest entry that its checkpoint holds. */
  readonly kept: Index;
}

/** Whose disks count where entries are to be forgotten. */
export interface CountedServers {
  /** Ids of all that share the log, whether they are there, and have said anything, or not. */
  readonly ids: readonly string[];
  /** How many there are to be at least. */
  readonly least: number;
  /** Ids of those that have said something and will not come back. */
  readonly gone: readonly string[];
  /**
   * What those that are there say of their disks just now, by id: it is asked for where the log has
   * no room left to say it in.
   */
  readonly told?: ReadonlyMap<string, Index>;
}

/** Tells them, as far as this server knows. Fails: `unavailable`, `timeout` it cannot be told. */
export type CountServers = (claims: readonly LogClaim[]) => Promise<CountedServers>;
