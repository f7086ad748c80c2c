import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../base/brand.ts';
import { PLACEMENTS_PER_ENTRY_MAX, REPORT_BATCH_MS } from '../core/limits.ts';
import type { AllocClientFacts } from '../core/state/entry.ts';
import { SimClock } from '../sim/clock.ts';
import { allocId } from '../../test/state-world.ts';
import { ReportBatch } from './report-batch.ts';

function updates(count: number): AllocClientFacts[] {
  return Array.from({ length: count }, (_, n) => ({
    ...{ id: allocId(n), clientStatus: 'running', clientDescription: '', taskStates: {} },
    at: 0 as Millis,
  }));
}

/** A batch that notes when how many were written; the clock stands still until it is moved. */
function world() {
  const clock = new SimClock();
  const written: { readonly at: number; readonly count: number }[] = [];
  const batch = new ReportBatch(
    ({ length }) => {
      written.push({ at: clock.elapsedMs(), count: length });
      return Promise.resolve();
    },
    { clock },
  );
  return { clock, written, batch };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('the first report goes at once, those after it together', async () => {
  const { clock, written, batch } = world();
  await batch.add(updates(1));
  const late = [2, 3, 4].map((count) => batch.add(updates(count)));
  await late[0];
  await turn();
  clock.advance(REPORT_BATCH_MS);
  await Promise.all(late);
  assert.deepEqual(written, [
    { at: 0, count: 1 },
    { at: 0, count: 2 },
    { at: REPORT_BATCH_MS, count: 7 },
  ]);
});

test('reports that fill entries do not wait', async () => {
  const { written, batch } = world();
  const half = PLACEMENTS_PER_ENTRY_MAX / 2;
  const all = Array.from({ length: 9 }, () => batch.add(updates(half)));
  // Nobody moves the clock: only what does not fill an entry stays behind.
  await Promise.all(all.slice(0, 7));
  assert.deepEqual(new Set(written.map(({ at }) => at)), new Set([0]));
});
