import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import { leadOf, type Clocks, type TimeMark } from './moment.ts';

const HOUR = 3_600_000;
const ms = (value: number): Millis => value as Millis;

test('MO2, MO3, MO4: how the own time goes on from one process to the next', () => {
  const mark: TimeMark = { bootId: 'a', elapsedMs: 1_000, steady: ms(50_000), now: ms(90_000) };
  const nameless: TimeMark = { elapsedMs: 1_000, steady: ms(50_000), now: ms(90_000) };
  const rows: readonly (readonly [string, TimeMark | undefined, Clocks, number])[] = [
    ['nothing is known', undefined, at(90_000, 1_000, 'a'), 90_000],
    ['the machine stayed up', mark, at(95_000, 6_000, 'a'), 55_000],
    ['it did, and its clock was set ahead', mark, at(95_000 + HOUR, 6_000, 'a'), 55_000],
    ['it did, and its clock was set back', mark, at(95_000 - HOUR, 6_000, 'a'), 55_000],
    ['the machine began anew', mark, at(95_000, 10, 'b'), 55_000],
    ['it began anew, its clock behind', mark, at(1_000, 10, 'b'), 50_000],
    ['nobody can tell its starts apart', nameless, at(95_000, 9_000, undefined), 55_000],
    ['its time since the start ran back', mark, at(95_000, 10, 'a'), 55_000],
  ];
  for (const [name, known, clocks, expected] of rows) {
    assert.equal(leadOf(known, clocks) + clocks.elapsedMs, expected, name);
  }
});

function at(now: number, elapsedMs: number, bootId: string | undefined): Clocks {
  return { now: ms(now), elapsedMs, bootId };
}
