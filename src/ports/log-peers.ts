/** The servers that hold the log between them, as an operator sees and changes them. */

export interface LogPeer {
  /** Of its server, for the life of that one's data directory; empty: it has never started. */
  readonly id: string;
  /** Of its node; empty: not known here. */
  readonly name: string;
  /** `host:port` of its link. */
  readonly address: string;
  readonly voter: boolean;
}

export interface LogPeers {
  /** In the order of their addresses. Fails: `unavailable`, `timeout` too few answer. */
  list(): Promise<readonly LogPeer[]>;
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
