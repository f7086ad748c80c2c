import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../../base/brand.ts';
import { seeded } from '../../../base/random.ts';
import type { Address } from '../address.ts';
import { VERSIONS } from '../member-list/pool.ts';
import { encodeMessage } from '../wire/messages.ts';
import { encodeSerf } from '../wire/serf-messages.ts';
import { encodeConflict } from './conflict.ts';
import type { RingNews } from './ring.ts';
import { LAN, newRing, stepRing } from './step.ts';

const at = (i: number): Address => ({ host: `10.0.0.${i}`, port: 8_301 });
const NOTHING = new Uint8Array(0);
/** Long after the question is over. */
const OVER_MS = 60_000;

/**
 * What comes of a name that another member has, too.
 *
 * @param own where this member is; the other is at 10.0.0.5
 * @param votes where each of those that are asked sees the owner of the name
 */
function verdict(own: number, votes: readonly number[]): readonly RingNews[] {
  const random = seeded('conflict');
  const ring = newRing({ name: 'a', address: at(own), tags: {}, keys: [], policy: LAN, random });
  const alive = (name: string, address: Address): Uint8Array =>
    encodeMessage({
      ...{ type: 'alive', name, incarnation: 1, address, meta: NOTHING, versions: VERSIONS },
    });
  const hear = (bytes: Uint8Array, now: number): void => {
    stepRing(ring, { type: 'packet', from: at(200), bytes }, now as Millis);
  };
  for (const i of votes.keys()) hear(alive(`m${i}`, at(100 + i)), 0);
  hear(alive('a', at(5)), 1);
  const [asked, ...more] = ring.asks.values();
  assert.ok(asked !== undefined && more.length === 0, 'one question');
  hear(alive('a', at(5)), 2);
  assert.equal(ring.asks.size, 1, 'and no other while that is open');
  for (const [i, seenAt] of votes.entries()) {
    const member = { name: 'a', address: at(seenAt), tags: {}, statusTime: 1, goneAt: 0 } as const;
    const payload = encodeConflict({ ...member, status: 'alive' });
    const { lTime, id } = asked;
    const from = `m${i}`;
    const response = { type: 'response', lTime, id, from, isAck: false, payload } as const;
    hear(encodeMessage({ type: 'user', bytes: encodeSerf(response) }), 3);
  }
  const { effects } = stepRing(ring, { type: 'tick' }, OVER_MS as Millis);
  return effects.flatMap((effect) => (effect.do === 'tell' ? [effect.news] : []));
}

test('of two members with one name, the one that fewer know is told that it lost', () => {
  const rows: readonly [number, readonly number[], boolean][] = [
    // own, votes, lost
    [1, [1, 1, 5], false],
    [1, [1, 5, 5], true],
    [9, [9, 9, 5], false],
    [9, [5], true],
    // As many for the one as for the other: both come to the same verdict.
    [1, [1, 5], false],
    [9, [9, 5], true],
    [1, [], false],
    [9, [], true],
  ];
  for (const [own, votes, isLost] of rows) {
    const here = votes.filter((each) => each === own).length;
    const lost = { type: 'name-lost', rival: at(5), here, elsewhere: votes.length - here };
    assert.deepEqual(verdict(own, votes), isLost ? [lost] : [], `${own}: ${votes.join(' ')}`);
  }
});
