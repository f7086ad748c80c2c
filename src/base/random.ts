/** A deterministic stream of randomness. The same seed always yields the same stream. */
export interface Random {
  /** A float in [0, 1). */
  next(): number;
  /** An independent stream; drawing from it does not disturb this one. */
  fork(label: string): Random;
}

/** Creates a stream from a seed (FNV-1a to seed, mulberry32 to step). Not for secrets. */
export function seeded(seed: string): Random {
  let state = 2166136261;
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 16777619);
  return {
    next() {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    },
    fork: (label) => seeded(`${seed}/${label}`),
  };
}
