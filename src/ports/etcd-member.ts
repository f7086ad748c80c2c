/** The etcd member that runs beside a server, as the log's election sees it. */
export interface MemberBeside {
  /** Whether it leads the cluster now; false while it does not answer. */
  leads(signal: AbortSignal): Promise<boolean>;
  /** Whether enough members vote for a first leader of the log. */
  founded(): Promise<boolean>;
  /** Makes it lead the cluster, if it does not. Fails: `unavailable`, `conflict`. */
  takeLead(): Promise<void>;
  /**
   * Lets another member lead, if it leads and there is one that can.
   *
   * @param to the id of the server whose member is to lead, whoever leads now
   * Fails: `unavailable` that one does not answer, or has no vote yet.
   */
  giveLead(to?: string): Promise<void>;
}

/** One member of the etcd that this program manages. */
export interface LogMember {
  /** Of its server; empty until it has started for the first time. */
  readonly id: string;
  readonly host: string;
  readonly voter: boolean;
}

/** All members of the etcd that this program manages. */
export interface LogMembers {
  /** Fails: `unavailable`, `timeout` too few of them answer. */
  list(): Promise<readonly LogMember[]>;
  /**
   * Takes the member of a dead server out.
   *
   * Fails: `conflict` it lives, or too few others are there to agree; `not_found` no such member.
   */
  remove(member: LogMember): Promise<void>;
}
