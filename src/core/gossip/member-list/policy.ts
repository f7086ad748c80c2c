/** How fast members probe, tell and give up [ms]. Source: memberlist's defaults. */

export interface Policy {
  readonly probeIntervalMs: number;
  /** How long a direct answer is waited for before others are asked to probe. */
  readonly probeTimeoutMs: number;
  /** Members that are asked so. */
  readonly indirectChecks: number;
  /** Times the logarithm of the members: how often a message is passed on. */
  readonly retransmitMult: number;
  /** Times the logarithm of the members, in probe intervals: the shortest suspicion. */
  readonly suspicionMult: number;
  /** The longest suspicion is so many of the shortest. */
  readonly suspicionMaxMult: number;
  /**
   * A suspicion that fewer than expected have confirmed does not end before the member was asked so
   * often once more, each time for the time of a probe: 0 gives it up at once, as memberlist does.
   */
  readonly lastCalls: number;
  /** The worst score that a member gives its own health; timeouts grow with it. */
  readonly awarenessMax: number;
  readonly gossipIntervalMs: number;
  readonly gossipNodes: number;
  /** A dead member is told for so long, so that it can object. */
  readonly gossipToTheDeadMs: number;
  /** After so long another may take the name of one that failed. Source: Consul. */
  readonly nameReclaimMs: number;
  /** Who is woken so much later than it meant to stood still itself, and blames nobody. */
  readonly standstillMs: number;
  /** How often a whole state is exchanged, in a small pool. */
  readonly pushPullIntervalMs: number;
}

/** Of one datacenter. */
export const LAN_POLICY: Policy = {
  probeIntervalMs: 1_000,
  probeTimeoutMs: 500,
  indirectChecks: 3,
  retransmitMult: 4,
  suspicionMult: 4,
  suspicionMaxMult: 6,
  lastCalls: 3,
  awarenessMax: 8,
  gossipIntervalMs: 200,
  gossipNodes: 3,
  gossipToTheDeadMs: 30_000,
  nameReclaimMs: 30_000,
  standstillMs: 1_000,
  pushPullIntervalMs: 30_000,
};

/** Between regions: round trips are long, and nothing hurries. */
export const WAN_POLICY: Policy = {
  ...LAN_POLICY,
  probeIntervalMs: 5_000,
  probeTimeoutMs: 3_000,
  suspicionMult: 6,
  gossipIntervalMs: 500,
  gossipNodes: 4,
  gossipToTheDeadMs: 60_000,
  pushPullIntervalMs: 60_000,
};

/** How often a message is passed on in a pool of so many. */
export function retransmitLimit(mult: number, members: number): number {
  return mult * Math.ceil(Math.log10(members + 1));
}

/** Of the time that is left, so much is for helpers to find out, and the rest for their word. */
const NACK_SHARE = 0.8;

/**
 * After how long a helper says that it does not reach whom it was asked to probe [ms]: before the
 * round of the asker ends, who began it `probeTimeoutMs` earlier. Source: Lifeguard's `nack`.
 */
export function nackMs({ probeIntervalMs, probeTimeoutMs }: Policy): number {
  return NACK_SHARE * Math.min(probeTimeoutMs, probeIntervalMs - probeTimeoutMs);
}

/** The shortest suspicion in a pool of so many [ms]. */
export function suspicionMs(policy: Policy, members: number): number {
  const scale = Math.max(1, Math.log10(Math.max(1, members)));
  return policy.suspicionMult * scale * policy.probeIntervalMs;
}

/**
 * How long a suspicion lasts that `confirmations` of `expected` have confirmed [ms]: at first long,
 * shorter with each independent voice.
 *
 * Source: Lifeguard, "dynamic suspicion timeouts" (https://arxiv.org/abs/1707.00788)
 */
export function suspicionLasts(
  { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number },
  confirmations: number,
  expected: number,
): number {
  if (expected < 1) return minMs;
  const fraction = Math.log(confirmations + 1) / Math.log(expected + 1);
  return Math.max(minMs, Math.floor(maxMs - fraction * (maxMs - minMs)));
}

/** Members from which on whole states are exchanged more rarely. */
const PUSH_PULL_SCALE = 32;

/** How often a whole state is exchanged in a pool of so many [ms]. */
export function pushPullMs(intervalMs: number, members: number): number {
  if (members <= PUSH_PULL_SCALE) return intervalMs;
  return intervalMs * (Math.ceil(Math.log2(members) - Math.log2(PUSH_PULL_SCALE)) + 1);
}
