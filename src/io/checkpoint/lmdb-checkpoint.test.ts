import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import type { Checkpoint, CheckpointRow } from '../../ports/checkpoint.ts';
import { SimCheckpoint } from '../../sim/checkpoint.ts';
import { systemDisk } from '../fs/disk.ts';
import { entryCodec } from '../log/entry-codec.ts';
import { openLmdbCheckpoint } from './lmdb-checkpoint.ts';

type Reopen = () => Promise<Checkpoint>;

async function onLmdb(body: (open: Reopen, dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'muster-checkpoint-'));
  try {
    await body(() => openLmdbCheckpoint({ dir: join(dir, 'state') }, systemDisk), dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function onSim(body: (open: Reopen, dir: string) => Promise<void>): Promise<void> {
  const checkpoint = new SimCheckpoint(entryCodec());
  await body(() => Promise.resolve(checkpoint), '');
}

const at = (n: number): Index => n as Index;
const failsWith = (fault: string) => (e: unknown) => e instanceof Failure && e.fault === fault;

for (const [name, using] of [
  ['lmdb', onLmdb],
  ['sim', onSim],
] as const) {
  test(`${name}: empty at first, then what was written, in order, also after reopening`, () =>
    using(async (open) => {
      const first = await open();
      assert.deepEqual({ ...first.load(), rows: [...first.load().rows] }, { index: 0, rows: [] });
      await first.write({
        index: at(3),
        puts: [
          ['nodes', 'n2', { id: 'n2', cpu: 4000 }],
          ['jobs', 'web', { id: 'web', meta: { 'Odd Key': '1', ANOTHER: '2' }, flags: 2n ** 63n }],
          ['nodes', 'n1', { id: 'n1', cpu: 2000, gone: undefined }],
        ],
        deletes: [],
      });
      await first.close();
      const second = await open();
      await second.write({ index: at(9), puts: [['jobs', 'a', 1]], deletes: [['nodes', 'n2']] });
      const loaded = second.load();
      assert.equal(loaded.index, 9);
      assert.deepEqual(
        [...loaded.rows],
        [
          ['jobs', 'a', 1],
          ['jobs', 'web', { id: 'web', meta: { 'Odd Key': '1', ANOTHER: '2' }, flags: 2n ** 63n }],
          ['nodes', 'n1', { id: 'n1', cpu: 2000, gone: undefined }],
        ],
      );
      await second.close();
    }));
}

test('C1: any sequence of batches loads as the last value of each key', async () => {
  // No entry brings this name in; see io/log/entry-codec.ts.
  const fieldName = fc.string({ minLength: 1 }).filter((s) => s !== '__proto__');
  // A number is written as its shape: many shapes, each with its own field names.
  const value = fc.oneof(
    fc.integer(),
    fc.dictionary(fieldName, fc.integer(), { maxKeys: 5 }),
    fc.nat(900).map((n) => ({ [`field${n}`]: n, nested: { [`inner${n}`]: [n] } })),
  );
  const row = fc.tuple(fc.constantFrom('a', 'b'), fc.string({ maxLength: 6 }), value);
  const batches = fc.array(fc.tuple(fc.array(row, { maxLength: 30 }), fc.boolean()), {
    minLength: 1,
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(batches, async (steps) => {
      await onLmdb(async (open) => {
        const model = new Map<string, CheckpointRow>();
        let checkpoint = await open();
        for (const [i, [rows, reopens]] of steps.entries()) {
          const puts = new Map(rows.map((r) => [`${r[0]}\0${r[1]}`, r as CheckpointRow]));
          const deletes = [...model.keys()].filter((key, j) => j % 3 === 0 && !puts.has(key));
          await checkpoint.write({
            index: at(i + 1),
            puts: [...puts.values()],
            deletes: deletes.map((key) => key.split(/\0([^]*)/).slice(0, 2) as [string, string]),
          });
          for (const [key, put] of puts) model.set(key, put);
          for (const key of deletes) model.delete(key);
          if (reopens) {
            await checkpoint.close();
            checkpoint = await open();
          }
        }
        const { index, rows } = checkpoint.load();
        assert.equal(index, steps.length);
        const loaded = new Map([...rows].map((r) => [`${r[0]}\0${r[1]}`, r]));
        const plain = (r: unknown): unknown => JSON.parse(JSON.stringify(r));
        assert.deepEqual(plain(Object.fromEntries(loaded)), plain(Object.fromEntries(model)));
        await checkpoint.close();
      });
    }),
    { numRuns: 25 },
  );
});

test('B2: nothing is written while the reserve is not free', () =>
  onLmdb(async (open, dir) => {
    await (await open()).close();
    const options = { dir: join(dir, 'state'), reserveBytes: 2 ** 60 };
    const checkpoint = await openLmdbCheckpoint(options, systemDisk);
    const batch = { index: at(1), puts: [['t', 'k', { a: 1 }]], deletes: [] } as const;
    await assert.rejects(checkpoint.write(batch), failsWith('exhausted'));
    assert.equal(checkpoint.load().index, 0);
    await checkpoint.close();
    await assert.rejects(checkpoint.write(batch), failsWith('unavailable'));
  }));

test('a key that is too long is refused, and rows of its shapes can still be written and read', () =>
  onLmdb(async (open) => {
    const checkpoint = await open();
    const puts: CheckpointRow[] = [
      ['t', 'k', { shape: 1 }],
      ['t', 'x'.repeat(3000), { other: 2 }],
    ];
    await assert.rejects(
      checkpoint.write({ index: at(1), puts, deletes: [] }),
      failsWith('invalid'),
    );
    await checkpoint.write({ index: at(1), puts: [['t', 'k', { other: 3 }]], deletes: [] });
    await checkpoint.close();
    const again = await open();
    assert.deepEqual([...again.load().rows], [['t', 'k', { other: 3 }]]);
    await again.close();
  }));
