import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Checksum } from '../../core/artifact/checksum.ts';
import { ArtifactCache } from './cache.ts';

const root = mkdtempSync(join(tmpdir(), 'muster-cache-test-'));
after(() => rmSync(root, { recursive: true, force: true }));

let made = 0;
function fresh(bytesMax: number): { readonly cache: ArtifactCache; readonly dir: string } {
  const dir = join(root, `cache-${made++}`);
  return { cache: new ArtifactCache({ dir, bytesMax }), dir };
}

function fileOf(text: string): { readonly path: string; readonly checksum: Checksum } {
  const path = join(root, `file-${made++}`);
  writeFileSync(path, text);
  return {
    path,
    checksum: { kind: 'sha256', hex: createHash('sha256').update(text).digest('hex') },
  };
}

test('what was kept is given out as a copy, and what was not is not', async () => {
  const { cache } = fresh(1000);
  const one = fileOf('one');
  const into = join(root, 'taken');
  assert.equal(await cache.take(one.checksum, into), false);
  await cache.keep(one.checksum, one.path);
  assert.equal(await cache.take(one.checksum, into), true);
  writeFileSync(into, 'changed by a task');
  const again = join(root, 'again');
  await cache.take(one.checksum, again);
  assert.equal(readFileSync(again, 'utf8'), 'one');
  await cache.drop(one.checksum);
  assert.equal(await cache.take(one.checksum, again), false);
  assert.ok(!existsSync(again));
});

test('AC4: what was used longest ago makes room; what is too large is not kept', async () => {
  const { cache, dir } = fresh(100);
  const files = ['a', 'b', 'c'].map((letter) => fileOf(letter.repeat(40)));
  const [a, b, c] = files;
  assert.ok(a && b && c);
  await cache.keep(a.checksum, a.path);
  await turn();
  await cache.keep(b.checksum, b.path);
  // Used again, it is younger than b.
  await new Promise((resolve) => setTimeout(resolve, 20));
  await cache.take(a.checksum, join(root, 'used'));
  await cache.keep(c.checksum, c.path);
  const left = readdirSync(dir);
  assert.deepEqual(left.sort(), [a, c].map(({ checksum }) => `sha256-${checksum.hex}`).sort());
  const large = fileOf('x'.repeat(101));
  await cache.keep(large.checksum, large.path);
  assert.equal(readdirSync(dir).length, 2);
});

test('AC2: weak checksums are not for sharing', () => {
  for (const [kind, takes] of [
    ['md5', false],
    ['sha1', false],
    ['sha256', true],
    ['sha512', true],
  ] as const) {
    assert.equal(ArtifactCache.takes({ kind, hex: '' }), takes, kind);
  }
  assert.equal(ArtifactCache.takes(undefined), false);
});

test('who wants the same waits for the first, whatever became of that', async () => {
  const { cache } = fresh(1000);
  const { checksum } = fileOf('same');
  const signal = new AbortController().signal;
  const order: string[] = [];
  const run = (name: string, fails: boolean) => async (): Promise<void> => {
    order.push(`${name} begins`);
    await turn();
    order.push(`${name} ends`);
    if (fails) throw new RangeError(name);
  };
  const first = cache.alone(checksum, signal, run('first', true));
  const second = cache.alone(checksum, signal, run('second', false));
  await assert.rejects(first, RangeError);
  await second;
  assert.deepEqual(order, ['first begins', 'first ends', 'second begins', 'second ends']);
  const given = new AbortController();
  given.abort();
  await assert.rejects(cache.alone(checksum, given.signal, run('third', false)));
});
