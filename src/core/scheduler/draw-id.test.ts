import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIdSource } from './draw-id.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('ids look like random UUIDs', () => {
  const next = createIdSource('seed');
  for (let i = 0; i < 1_000; i++) assert.match(next(), UUID);
});

test('one seed gives one stream, seeds that hardly differ give others', () => {
  const draw = (seed: string): string[] => {
    const next = createIdSource(seed);
    return Array.from({ length: 100 }, next);
  };
  assert.deepEqual(draw('a'), draw('a'));
  const seeds = Array.from({ length: 1_000 }, (_, i) => `seed-${i}`);
  const all = seeds.flatMap((seed) => draw(seed));
  assert.equal(new Set(all).size, all.length);
});
