/** The simulated disk's own promises; what it shares with the real one is in io/fs/disk.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../base/failure.ts';
import { seeded } from '../base/random.ts';
import { SimClock } from './clock.ts';
import { SimDisk } from './disk.ts';
import type { CrashKind } from './disk.ts';

const KINDS: readonly CrashKind[] = ['kill', 'power'];
const failsWith = (fault: string) => (e: unknown) => e instanceof Failure && e.fault === fault;

async function diskWithFile(seed: string): Promise<SimDisk> {
  const disk = new SimDisk({ random: seeded(seed) });
  await disk.makeDir('/d');
  const file = await disk.open('/d/f', 'create');
  await file.write(0, [new Uint8Array(4096).fill(1)]);
  await file.sync();
  await disk.syncDir('/d');
  return disk;
}

test('D1: what was synced survives; of what was not, sectors old and new are seen, nothing else', async () => {
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 300; seed++) {
    const kind = KINDS[seed % 2] ?? 'kill';
    const disk = await diskWithFile(`d1/${seed}`);
    const file = await disk.open('/d/f', 'write');
    await file.write(1024, [new Uint8Array(2048).fill(2)]);
    await file.write(4096, [new Uint8Array(1024).fill(3)]);
    disk.crash(kind);
    const content = disk.contentOf('/d/f');
    assert.ok(content.subarray(0, 1024).every((byte) => byte === 1));
    assert.ok(content.subarray(3072, 4096).every((byte) => byte === 1));
    let shape = '';
    for (let at = 1024; at < content.length; at += 512) {
      const sector = content.subarray(at, at + 512);
      assert.ok(
        sector.every((byte) => byte === sector[0]),
        'a sector is whole',
      );
      shape += String(sector[0]);
    }
    if (kind === 'kill') assert.equal(shape, '22221133', 'a killed process loses nothing written');
    else outcomes.add(shape);
  }
  assert.ok(outcomes.size > 20, `only ${outcomes.size} different outcomes`);
});

test('D1: what was written through survives, whatever becomes of what lies beside it', async () => {
  let lost = 0;
  for (let seed = 0; seed < 50; seed++) {
    const disk = await diskWithFile(`through/${seed}`);
    const file = await disk.open('/d/f', 'write');
    await file.write(0, [new Uint8Array(512).fill(2)]);
    await file.writeThrough(4096, [new Uint8Array(256).fill(3), new Uint8Array(256).fill(4)]);
    disk.crash('power');
    const content = disk.contentOf('/d/f');
    assert.ok(content.subarray(4096, 4352).every((byte) => byte === 3));
    assert.ok(content.subarray(4352, 4608).every((byte) => byte === 4));
    if (content[0] === 1) lost += 1;
  }
  assert.ok(lost > 0, 'the other write was not made durable by it');
});

test('D2: a name that was not synced may be gone, one that was never is', async () => {
  let kept = 0;
  for (let seed = 0; seed < 100; seed++) {
    const disk = await diskWithFile(`d2/${seed}`);
    await disk.open('/d/new', 'create');
    disk.crash('power');
    const names = await disk.list('/d');
    assert.ok(names.includes('f'));
    if (names.includes('new')) kept += 1;
  }
  assert.ok(kept > 20 && kept < 80, String(kept));
});

test('D3: after a crash open files and locks are dead, and the planned crash comes in time', async () => {
  const disk = await diskWithFile('d3');
  const file = await disk.open('/d/f', 'write');
  await disk.lock('/d');
  disk.crashAfter(2, 'kill');
  await file.read(0, 1);
  const torn = file.write(0, [new Uint8Array(4096).fill(9)]);
  await assert.rejects(torn, failsWith('unavailable'));
  await assert.rejects(file.size(), failsWith('unavailable'));
  await (await disk.lock('/d')).release();
  const content = disk.contentOf('/d/f');
  const written = content.filter((byte) => byte === 9).length;
  assert.ok(
    content.subarray(0, written).every((byte) => byte === 9),
    'a prefix of it',
  );
});

test('a full disk takes what fits, fails, and takes more after growing', async () => {
  const disk = await diskWithFile('full');
  disk.resize(5000);
  const file = await disk.open('/d/f', 'write');
  await assert.rejects(file.write(4096, [new Uint8Array(2000)]), failsWith('exhausted'));
  await file.write(0, [new Uint8Array(4096)]);
  assert.equal(await disk.freeBytes(), 0);
  disk.resize(10_000);
  await file.write(4096, [new Uint8Array(2000)]);
});

test('with a clock each operation takes its time, and only then', async () => {
  const clock = new SimClock();
  const disk = new SimDisk({ random: seeded('slow'), clock, latencyMsMax: 50 });
  let isDone = false;
  const making = disk.makeDir('/d').then(() => (isDone = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isDone, false);
  clock.advance(50);
  await making;
});
