import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import { earlierBuild, laterBuild, type BuildFact } from '../../../test/builds.ts';
import type { ReadClaim } from './kept-claims.ts';
import { VersionGate } from './version-gate.ts';

const known: BuildFact = { type: 'known', n: 1 };
const later: BuildFact = { type: 'later', n: 2 };

/** Servers as `id=version`. */
function claimsOf(text: string): ReadClaim[] {
  const each = text.split(' ').map((word) => word.split('='));
  return each.map(([id = '', version]) => ({
    ...{ id, name: id.toUpperCase(), kept: 0 as Index, revision: 1 },
    entryVersion: Number(version),
  }));
}

type Row = readonly [what: string, said: string, counted: string, gone: string, lagging: string];

const rows: readonly Row[] = [
  ['a server alone', 'a=2', 'a', '', ''],
  ['all of the later build', 'a=2 b=2 c=3', 'a b c', '', ''],
  ['one of an earlier build', 'a=2 b=1 c=2', 'a b c', '', '"B" (knows 1)'],
  ['one that does not vote yet', 'a=2 b=2 c=1', 'a b', '', '"C" (knows 1)'],
  ['one of an earlier build that is gone', 'a=2 b=1', 'a', 'b', ''],
  ['one that has said nothing', 'a=2', 'a b', '', '"b" (has not said)'],
];
for (const [what, said, counted, gone, lagging] of rows) {
  test(`VG1: ${what}: ${lagging === '' ? 'taken' : 'refused'}`, async () => {
    const gate = new VersionGate({
      claims: { all: () => Promise.resolve(claimsOf(said)) },
      count: () => Promise.resolve({ ids: counted.split(' '), least: 1, gone: gone.split(' ') }),
      versions: laterBuild.versions,
    });
    assert.equal(gate.ask([known]), undefined);
    const asked = gate.ask([known, later]);
    assert.ok(asked !== undefined);
    if (lagging === '') {
      await asked;
      assert.equal(gate.ask([later]), undefined, 'VG2');
      return;
    }
    const isRefused = (error: unknown): boolean =>
      error instanceof Failure &&
      error.fault === 'unsupported' &&
      error.message.endsWith(`entry version 2: upgrade ${lagging} first`);
    await assert.rejects(asked, isRefused);
    assert.ok(await gate.ask([later])?.then(() => false, isRefused), 'it is asked again');
  });
}

test('VG1: who cannot tell refuses, and may be asked again', async () => {
  const silence = new Failure('timeout', 'etcd did not answer');
  const gate = new VersionGate({
    claims: { all: () => Promise.reject(silence) },
    count: () => Promise.resolve({ ids: [], least: 1, gone: [] }),
    versions: earlierBuild.versions,
  });
  await assert.rejects(Promise.resolve(gate.ask([later])), {
    fault: 'unavailable',
    cause: silence,
  });
});
