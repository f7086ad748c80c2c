import assert from 'node:assert/strict';
import { test } from 'node:test';
import { T0 } from '../../../test/state-world.ts';
import { ENTRY_VERSION, ENTRY_VERSIONS, neededBy } from './entry-version.ts';
import type { Entry } from './entry.ts';

type Pretended =
  | Readonly<{ type: 'old'; field?: string }>
  | Readonly<{ type: 'new' }>
  | Readonly<{ type: 'grown'; later?: boolean; verb?: string }>;

/** Of a build that understands version 3. */
const NEEDS: Parameters<typeof neededBy<Pretended>>[0] = {
  old: 1,
  new: 2,
  grown: ({ later, verb }) => (verb === 'latest' ? 3 : later === undefined ? 1 : 2),
};

const rows: readonly (readonly [entry: Pretended, needed: number])[] = [
  [{ type: 'old' }, 1],
  [{ type: 'old', field: 'that was always there' }, 1],
  [{ type: 'new' }, 2],
  [{ type: 'grown' }, 1],
  [{ type: 'grown', later: false }, 2],
  [{ type: 'grown', later: true, verb: 'latest' }, 3],
  [{ type: 'of a later build' } as never, 4],
  [{ type: 'toString' } as never, 4],
];
for (const [entry, needed] of rows) {
  test(`${JSON.stringify(entry)} needs version ${needed}`, () => {
    assert.equal(neededBy(NEEDS, 3, entry), needed);
  });
}

test('EV1: this build understands its own entries, and no type that it does not know', () => {
  const own: Entry = { type: 'evals.delete', at: T0, evalIds: [] };
  assert.ok(ENTRY_VERSIONS.neededBy(own) <= ENTRY_VERSION);
  const later = { ...own, type: 'evals.invent' } as never;
  assert.ok(ENTRY_VERSIONS.neededBy(later) > ENTRY_VERSION);
});
