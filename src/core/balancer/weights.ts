/**
 * How the traffic of a rule is divided.
 *
 * Source: https://fabiolb.net/cfg/ (`route weight`): fixed weights first, normalised where they add
 * up to more than 1; the others share what is left.
 */

/** Longest ring. A share of a thousandth is still met; the ring of 10,000 rules fits in memory. */
const RING_MAX = 1_000;

/** One target: its fixed weight, if it has one, and its part of what is left. */
export interface Wish {
  readonly fixed: number | undefined;
  readonly share: number;
}

/** Weights that add up to 1, or are all 0. */
export function weightsOf(wishes: readonly Wish[]): readonly number[] {
  const fixed = sum(wishes.map((wish) => wish.fixed ?? 0));
  const shares = sum(wishes.map((wish) => (wish.fixed === undefined ? wish.share : 0)));
  const left = Math.max(0, 1 - fixed);
  // Without anybody to take what is left, the fixed ones have it all.
  const scale = fixed > 1 || (shares === 0 && fixed > 0) ? 1 / fixed : 1;
  return wishes.map((wish) => {
    if (wish.fixed !== undefined) return wish.fixed * scale;
    return shares === 0 ? 0 : (left * wish.share) / shares;
  });
}

/** Positions in the order of their turns: each as often as its weight says, evenly spread. */
export function ringOf(weights: readonly number[]): readonly number[] {
  const used = weights.flatMap((weight, position) => (weight > 0 ? [{ weight, position }] : []));
  const [first] = used;
  if (first === undefined) return [];
  if (used.every(({ weight }) => Math.abs(weight - first.weight) < 1e-9)) {
    return used.map(({ position }) => position);
  }
  const length = ringLength(used.map(({ weight }) => weight));
  const credit = used.map(() => 0);
  const ring: number[] = [];
  for (let slot = 0; slot < length; slot++) {
    let best = 0;
    for (let i = 0; i < used.length; i++) {
      credit[i] = (credit[i] ?? 0) + (used[i]?.weight ?? 0);
      if ((credit[i] ?? 0) > (credit[best] ?? 0) + 1e-12) best = i;
    }
    credit[best] = (credit[best] ?? 0) - sum(used.map(({ weight }) => weight));
    ring.push(used[best]?.position ?? 0);
  }
  return ring;
}

/** The shortest in which every weight comes out whole; the longest where there is none. */
function ringLength(weights: readonly number[]): number {
  const total = sum(weights);
  for (let length = weights.length; length < RING_MAX; length++) {
    const whole = weights.every((weight) => {
      const turns = (weight / total) * length;
      return Math.abs(turns - Math.round(turns)) < 1e-6;
    });
    if (whole) return length;
  }
  return RING_MAX;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
