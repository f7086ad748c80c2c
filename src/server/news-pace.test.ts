import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../base/brand.ts';
import { NEWS_SPACING_MS_MAX } from '../core/limits.ts';
import { NewsPace } from './news-pace.ts';

const T0 = 5_000 as Millis;

/** Nodes that are told something as soon as they may be, for some seconds; answers a second. */
function play(nodes: number, seconds: number): number {
  const pace = new NewsPace();
  const toldAt = new Map<number, Millis>();
  let told = 0;
  for (let ms = 0; ms < seconds * 1_000; ms += 5) {
    const now = (T0 + ms) as Millis;
    for (let node = 0; node < nodes; node++) {
      const before = toldAt.get(node) ?? (-Infinity as Millis);
      if (pace.waitMs(before, now) > 0) continue;
      pace.told(now);
      toldAt.set(node, now);
      told += 1;
    }
  }
  return told / seconds;
}

test('NP1: while few answers are given, nobody waits', () => {
  const pace = new NewsPace();
  for (let n = 0; n < 200; n++) {
    const now = (T0 + n * 5) as Millis;
    assert.equal(pace.waitMs(now, now), 0);
    pace.told(now);
  }
});

test('NP2: those who have always news are told about as often as the pace allows', () => {
  const few = play(20, 10);
  assert.ok(few > 250 && few < 700, `${few} a second for 20 nodes`);
  const many = play(1_000, 10);
  assert.ok(many > 700 && many < 1_200, `${many} a second for 1,000 nodes`);
  const all = play(3_000, 10);
  assert.ok(all > 2_900 && all < 3_400, `${all} a second for 3,000 nodes: one each`);
});

test('NP3: who was told nothing for a while never waits, and a rush is forgotten', () => {
  const pace = new NewsPace();
  for (let n = 0; n < 5_000; n++) pace.told(T0);
  assert.equal(pace.waitMs((T0 - NEWS_SPACING_MS_MAX) as Millis, T0), 0);
  assert.equal(pace.waitMs(-Infinity as Millis, T0), 0, 'nor who was never told any');
  assert.equal(pace.waitMs(T0, T0), NEWS_SPACING_MS_MAX);
  const later = (T0 + 2_000) as Millis;
  assert.equal(pace.waitMs(later, later), 0);
});
