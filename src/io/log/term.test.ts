import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../../base/random.ts';
import { SimDisk } from '../../sim/disk.ts';
import { raiseTerm } from './term.ts';

async function newDisk(seed: string): Promise<SimDisk> {
  const disk = new SimDisk({ random: seeded(seed) });
  await disk.makeDir('/log');
  return disk;
}

test('each raise is one more', async () => {
  const disk = await newDisk('plain');
  for (let i = 1; i <= 5; i++) assert.equal(await raiseTerm(disk, '/log'), i);
});

test('T1: no term is used twice, whatever crashes come between', async () => {
  for (let seed = 0; seed < 500; seed++) {
    const random = seeded(`term/${seed}`);
    const disk = new SimDisk({ random });
    await disk.makeDir('/log');
    let last = 0;
    for (let i = 0; i < 12; i++) {
      disk.crashAfter(1 + Math.floor(random.next() * 10), i % 2 === 0 ? 'kill' : 'power');
      const term = await raiseTerm(disk, '/log').catch(() => undefined);
      if (term === undefined) continue;
      assert.ok(term > last, `seed ${seed}: ${term} after ${last}`);
      last = term;
    }
  }
});

test('one damaged half does not bring an old term back', async () => {
  for (const half of [0, 512]) {
    const disk = await newDisk('half');
    for (let i = 1; i <= 4; i++) await raiseTerm(disk, '/log');
    disk.flipBit('/log/term', half + 4, 3);
    const term = await raiseTerm(disk, '/log');
    assert.ok(term > 4, String(term));
    assert.equal(await raiseTerm(disk, '/log'), term + 1);
  }
});

test('T2: raising needs no room once the file exists', async () => {
  const disk = await newDisk('full');
  await raiseTerm(disk, '/log');
  disk.resize(0);
  assert.equal(await raiseTerm(disk, '/log'), 2);
});
