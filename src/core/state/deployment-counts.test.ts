import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { beginning, entryOf, steps } from '../../../test/state-entries.ts';
import { apply } from './apply.ts';
import type { Index } from '../../base/brand.ts';
import type { State } from './state.ts';

test('D1: a deployment has placed at least what it judged, and never fewer than none', () => {
  fc.assert(
    fc.property(steps, (run) => {
      let state: State = beginning();
      for (const [n, step] of run.entries()) {
        state = apply(state, (state.index + 1) as Index, entryOf(state, step, 100 + n)).state;
        for (const { groups } of state.deployments()) {
          const web = groups['web'];
          assert.ok(web !== undefined && web.healthyAllocs >= 0 && web.unhealthyAllocs >= 0);
          assert.ok(web.healthyAllocs + web.unhealthyAllocs <= web.placedAllocs);
          assert.equal(new Set(web.placedCanaries).size, web.placedCanaries.length);
          assert.equal(web.requireProgressBy !== undefined, web.placedAllocs > 0);
        }
      }
    }),
    { numRuns: 50 },
  );
});
