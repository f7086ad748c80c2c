/**
 * Whether a server should take the leadership, or give it up.
 *
 * Nothing here makes two leaders harmless: that is the log's comparison alone. This only decides
 * who should try, so that soon one does.
 *
 * H1: a server never takes the place of a holder that it has heard within `silentMs`, unless etcd
 *     itself is led from beside this server.
 * H2: a cluster that has never had a leader gets none before enough of its members vote.
 */

/** What one server knows; instants are on the clock that nobody sets [ms]. */
export interface LeadershipView {
  /**
   * Whether the etcd member beside this server leads the others; undefined where the cluster is
   * somebody else's and a lease decides.
   */
  readonly memberLeads: boolean | undefined;
  /** False while too few members vote for a first leader. */
  readonly founded: boolean;
  readonly holder: 'none' | 'me' | 'other';
  /** The last sign of the holder, or since when there is none. */
  readonly heardMs: number;
  /** Where this server holds it: when etcd last confirmed that. */
  readonly provenMs: number;
}

/** `depose` is a claim after which etcd's own leadership is to follow. */
export type LeadershipChoice = 'wait' | 'claim' | 'depose' | 'step-down';

export interface LeadershipLimits {
  /** A holder that has shown nothing for so long is stopped, hung or cut off. */
  readonly silentMs: number;
  /** A holder that etcd has not confirmed for so long takes itself for deposed. */
  readonly unprovenMs: number;
}

/**
 * A pause of the garbage collector or a slow disk lasts some hundred milliseconds, and a wrong
 * deposition costs about as much as waiting this long does. A holder gives up later than others
 * take its place: they ask etcd first, and only it may not be able to.
 */
export const LEADERSHIP_LIMITS: LeadershipLimits = { silentMs: 1_500, unprovenMs: 3_000 };

/** @param nowMs on the same clock as the view's instants */
export function chooseLeadership(
  view: LeadershipView,
  nowMs: number,
  limits: LeadershipLimits = LEADERSHIP_LIMITS,
): LeadershipChoice {
  if (view.holder === 'me') {
    return nowMs - view.provenMs >= limits.unprovenMs ? 'step-down' : 'wait';
  }
  if (!view.founded) return 'wait';
  if (view.memberLeads === undefined) return view.holder === 'none' ? 'claim' : 'wait';
  if (view.memberLeads) return 'claim';
  return nowMs - view.heardMs >= limits.silentMs ? 'depose' : 'wait';
}
