/** The servers that hold the log between them, as an operator sees and changes them. */
import type { Index } from '../base/brand.ts';

/** How far a server follows the log. */
export interface LogProgress {
  /** The newest entry that it has applied. */
  readonly applied: Index;
  /** For how long it has heard nothing of whoever leads [ms]; 0: it leads itself. */
  readonly staleMs: number;
}

export interface LogPeer {
  /** Of its server, for the life of that one's data directory; empty: it has never started. */
  readonly id: string;
  /** Of its node; empty: not known here. */
  readonly name: string;
  /** `host:port` of its link. */
  readonly address: string;
  readonly voter: boolean;
  /** Whether its server answers now. */
  readonly answers: boolean;
  /** Absent: it was never heard of here, or does not say. */
  readonly progress?: LogProgress;
}

export interface LogPeers {
  /** In the order of their addresses. Fails: `unavailable`, `timeout` too few answer. */
  list(): Promise<readonly LogPeer[]>;
  /** All that were ever reached, and this one: what is known where too few answer. */
  reached(): readonly LogPeer[];
  /**
   * Lets another server lead, and resolves once one does.
   *
   * @param to absent: whichever is ready
   * Fails: as `ClusterLog.giveLead`.
   */
  giveLead(to?: LogPeer): Promise<void>;
  /**
   * Takes a dead server out.
   *
   * Fails: `conflict` it lives, or too few others would be left to agree; `unsupported` somebody
   * else's etcd holds the log.
   */
  remove(peer: LogPeer): Promise<void>;
}
