import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../base/brand.ts';
import { countServers } from './counted-servers.ts';

/** Servers as `id:name`: those that are met, this one first, and those that have said something. */
type Row = readonly [what: string, met: string, said: string, left: string, counted: string];

const rows: readonly Row[] = [
  ['alone', '1:a', '1:a', '', '1'],
  ['those that are away', '1:a', '1:a 2:b 3:c', '', '1 2 3'],
  ['one of a build that says nothing', '1:a 2:b 3:c', '1:a', '', '1 2 3'],
  ['two that left', '1:a 2:b', '1:a 2:b 3:c', 'b c', '1 without 2 3'],
  ['this one cannot have left', '1:a 2:b', '1:a 2:b', 'a', '1 2'],
];
for (const [what, met, said, left, expected] of rows) {
  test(what, async () => {
    const list = (text: string): { id: string; name: string }[] =>
      text.split(' ').map((each) => ({ id: each.slice(0, 1), name: each.slice(2) }));
    const count = countServers({
      met: () => list(met).map((each) => ({ ...each, address: '' })),
      ...{ expect: 3, told: () => new Map() },
      hasLeft: (name) => left.split(' ').includes(name),
    });
    const { ids, gone, least } = await count(
      list(said).map((each) => ({ ...each, kept: 5 as Index })),
    );
    const told = gone.length === 0 ? '' : ` without ${gone.join(' ')}`;
    assert.equal(ids.join(' ') + told, expected);
    assert.equal(least, 3);
  });
}
