/** Judges locks: who believed to hold one, and when. */

/** For this long a holder was right to believe that it holds the lock, by what it was answered. */
export interface Holding {
  readonly key: string;
  readonly holder: string;
  /** The token that it was granted with. */
  readonly token: number;
  /** When it was told. */
  readonly from: number;
  /** When it gave it back, or its session might have ended without a renewal. */
  readonly to: number;
}

/** What is wrong: two holders at one instant, or a later one with a token that is not higher. */
export function contested(holdings: readonly Holding[]): readonly string[] {
  const sorted = [...holdings].sort((a, b) => a.from - b.from);
  const wrong: string[] = [];
  for (const [i, first] of sorted.entries()) {
    for (const second of sorted.slice(i + 1)) {
      if (second.key !== first.key || second.holder === first.holder) continue;
      const both = `${first.holder} and ${second.holder}`;
      if (second.from < first.to) wrong.push(`${both} hold ${first.key} at ${second.from}`);
      if (second.token <= first.token) wrong.push(`${both}: ${second.token} after ${first.token}`);
    }
  }
  return wrong;
}
