/** The etcd member that runs beside a server, as the log's election sees it. */
export interface MemberBeside {
  /** Whether it leads the cluster now; false while it does not answer. */
  leads(signal: AbortSignal): Promise<boolean>;
  /** Whether enough members vote for a first leader of the log. */
  founded(): Promise<boolean>;
  /** Makes it lead the cluster, if it does not. Fails: `unavailable`, `conflict`. */
  takeLead(): Promise<void>;
  /** Lets another member lead, if it leads and there is one that can. */
  giveLead(): Promise<void>;
}
