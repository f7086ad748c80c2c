/** Proofs of the cluster's key, and what must not be guessed. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { LinkKey } from '../../ports/link.ts';

/** @param key as the configuration has it; empty: proofs that everybody can make */
export function linkKey(key: string): LinkKey {
  const prove = (text: string): string =>
    createHmac('sha256', `muster agent link\0${key}`).update(text).digest('base64');
  return {
    prove,
    verify: (text, proof) => {
      const [own, theirs] = [Buffer.from(prove(text)), Buffer.from(proof)];
      return own.length === theirs.length && timingSafeEqual(own, theirs);
    },
    nonce: () => randomBytes(24).toString('base64'),
  };
}
