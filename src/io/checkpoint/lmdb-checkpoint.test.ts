import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { open as openStore } from 'lmdb';
import { Packr } from 'msgpackr';
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import type { Checkpoint, CheckpointRow } from '../../ports/checkpoint.ts';
import { SimCheckpoint } from '../../sim/checkpoint.ts';
import { systemDisk } from '../fs/disk.ts';
import { entryCodec } from '../log/entry-codec.ts';
import { openLmdbCheckpoint } from './lmdb-checkpoint.ts';
import { RowCodec } from './row-codec.ts';

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
const sorted = (rows: Iterable<CheckpointRow>): readonly CheckpointRow[] =>
  [...rows].sort((a, b) => (`${a[0]}\0${a[1]}` < `${b[0]}\0${b[1]}` ? -1 : 1));
const failsWith = (fault: string) => (e: unknown) => e instanceof Failure && e.fault === fault;

for (const [name, using] of [
  ['lmdb', onLmdb],
  ['sim', onSim],
] as const) {
  test(`${name}: empty at first, then what was written, also after reopening`, () =>
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
      assert.deepEqual(sorted(loaded.rows), [
        ['jobs', 'a', 1],
        ['jobs', 'web', { id: 'web', meta: { 'Odd Key': '1', ANOTHER: '2' }, flags: 2n ** 63n }],
        ['nodes', 'n1', { id: 'n1', cpu: 2000, gone: undefined }],
      ]);
      await second.close();
    }));
}

test('C1, C3: any sequence of batches, and of renewals, loads as the last value of each key', async () => {
  // No entry brings this name in; see io/log/entry-codec.ts.
  const fieldName = fc.string({ minLength: 1 }).filter((s) => s !== '__proto__');
  // A number is written as its shape: many shapes, each with its own field names.
  const value = fc.oneof(
    fc.integer(),
    fc.dictionary(fieldName, fc.integer(), { maxKeys: 5 }),
    fc.nat(900).map((n) => ({ [`field${n}`]: n, nested: { [`inner${n}`]: [n] } })),
  );
  const row = fc.tuple(fc.constantFrom('a', 'b'), fc.string({ maxLength: 6 }), value);
  const then = fc.constantFrom('goes on', 'reopens', 'begins a renewal', 'ends a renewal');
  const batches = fc.array(fc.tuple(fc.array(row, { maxLength: 30 }), then), {
    minLength: 1,
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(batches, async (steps) => {
      await onLmdb(async (open) => {
        const model = new Map<string, CheckpointRow>();
        let checkpoint = await open();
        // Whether a renewal is under way, and what it has yet to store.
        let renewing: CheckpointRow[] | undefined;
        for (const [i, [rows, then]] of steps.entries()) {
          const puts = new Map(rows.map((r) => [`${r[0]}\0${r[1]}`, r as CheckpointRow]));
          const deletes = [...model.keys()].filter((key, j) => j % 3 === 0 && !puts.has(key));
          await checkpoint.write({
            index: at(i + 1),
            puts: [...puts.values()],
            deletes: deletes.map((key) => key.split(/\0([^]*)/).slice(0, 2) as [string, string]),
          });
          for (const [key, put] of puts) model.set(key, put);
          for (const key of deletes) model.delete(key);
          if (then === 'reopens') {
            await checkpoint.close();
            checkpoint = await open();
            renewing = undefined;
          } else if (then === 'begins a renewal') {
            await checkpoint.beginRenewal(at(i + 1));
            renewing = [...model.values()];
          } else if (then === 'ends a renewal' && renewing !== undefined) {
            await checkpoint.renew(renewing);
            await checkpoint.endRenewal();
            renewing = undefined;
          }
          if (renewing !== undefined) await checkpoint.renew(renewing.splice(0, 5));
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

for (const [name, using] of [
  ['lmdb', onLmdb],
  ['sim', onSim],
] as const) {
  test(`${name}: C3: what changes during a renewal is later than all of it`, () =>
    using(async (open) => {
      const checkpoint = await open();
      const write = (n: number, puts: CheckpointRow[], deletes: [string, string][] = []) =>
        checkpoint.write({ index: at(n), puts, deletes });
      const rows = [
        ['t', 'a', { n: 1 }],
        ['t', 'b', { n: 1 }],
        ['t', 'c', { n: 1 }],
      ] as const;
      await write(1, [...rows, ['t', 'gone', 1]], []);
      await write(2, [], [['t', 'gone']]);
      const writes = async (): Promise<void> => {
        for (let n = 3; !checkpoint.isStale(); n++) {
          await write(n, [
            ['t', 'b', { n, pad: Array.from({ length: 300 }, () => 'x'.repeat(999)) }],
          ]);
        }
      };
      await writes();
      const { index } = checkpoint.load();
      await checkpoint.beginRenewal(index);
      await checkpoint.renew(rows.slice(0, 2));
      await write(index + 1, [['t', 'b', { n: 2 }]], [['t', 'c']]);
      await checkpoint.renew(rows.slice(2));
      const now = [
        ['t', 'a', { n: 1 }],
        ['t', 'b', { n: 2 }],
      ];
      assert.deepEqual(sorted(checkpoint.load().rows), now, 'nothing of it counts yet');
      await checkpoint.endRenewal();
      assert.deepEqual(sorted(checkpoint.load().rows), now);
      assert.equal(checkpoint.isStale(), false);
      await checkpoint.close();
      const again = await open();
      assert.deepEqual(sorted(again.load().rows), now);
      assert.equal(again.load().index, index + 1);
      await again.close();
    }));
}

test('B3: a renewal makes room: what it replaced, and what another left behind, is gone', () =>
  onLmdb(async (open, dir) => {
    const row = (n: number): CheckpointRow => ['t', `k${n}`, { pad: 'x'.repeat(50_000) }];
    const rows = Array.from({ length: 20 }, (_, n) => row(n));
    let checkpoint = await open();
    let index = 0;
    const used = async (): Promise<number> => {
      const path = join(dir, 'state');
      const db = openStore<Buffer, Buffer>({ path, encoding: 'binary', keyEncoding: 'binary' });
      const bytes = [...db.getRange({})].reduce((sum, { value }) => sum + value.length, 0);
      await db.close();
      return bytes;
    };
    for (let round = 0; round < 3; round++) {
      while (!checkpoint.isStale()) {
        await checkpoint.write({ index: at(++index), puts: rows, deletes: [] });
      }
      await checkpoint.beginRenewal(at(index));
      await checkpoint.renew(rows.slice(0, 10));
      // It ends before its end.
      await checkpoint.close();
      checkpoint = await open();
      await checkpoint.beginRenewal(at(index));
      await checkpoint.renew(rows);
      await checkpoint.endRenewal();
      assert.equal([...checkpoint.load().rows].length, 20);
      await checkpoint.close();
      const bytes = await used();
      assert.ok(bytes < 1_100_000, `${bytes} bytes are stored`);
      checkpoint = await open();
    }
    await checkpoint.close();
  }));

/** As an older build does. */
async function writeAsBefore(dir: string, index: number, value: number): Promise<void> {
  const plain = new Packr();
  const db = openStore<Buffer, Buffer>({
    path: join(dir, 'state'),
    encoding: 'binary',
    keyEncoding: 'binary',
    noSubdir: false,
  });
  await db.put(Buffer.from('\0index'), plain.pack(index));
  const old = new RowCodec([]);
  for (const key of ['a', 'b']) {
    await db.put(Buffer.from(`t\0${key}`), old.encode({ key, value }));
  }
  await db.put(Buffer.from('\0shapes'), plain.pack(old.pending));
  await db.close();
}

test('where an older build wrote last, after one of today, what it wrote counts', () =>
  onLmdb(async (open, dir) => {
    await writeAsBefore(dir, 7, 1);
    const first = await open();
    await first.write({ index: at(8), puts: [['t', 'c', 1]], deletes: [['t', 'a']] });
    await first.close();
    await writeAsBefore(dir, 20, 2);
    const rows = [
      ['t', 'a', { key: 'a', value: 2 }],
      ['t', 'b', { key: 'b', value: 2 }],
    ] as const;
    const second = await open();
    assert.equal(second.load().index, 20);
    assert.deepEqual(sorted(second.load().rows), rows);
    assert.ok(second.isStale());
    const puts = [['t', 'd', 4]] as const;
    await second.write({ index: at(21), puts, deletes: [] });
    assert.deepEqual(sorted(second.load().rows), [...rows, ...puts]);
    await second.beginRenewal(at(21));
    await second.renew([...rows, ...puts]);
    await second.endRenewal();
    await second.close();
    const renewed = await open();
    assert.equal(renewed.load().index, 21);
    assert.deepEqual(sorted(renewed.load().rows), [...rows, ...puts]);
    await renewed.close();
  }));

test('rows that an older build wrote are read, and give way to a renewal', () =>
  onLmdb(async (open, dir) => {
    await writeAsBefore(dir, 7, 1);
    const checkpoint = await open();
    assert.equal(checkpoint.load().index, 7);
    assert.deepEqual(sorted(checkpoint.load().rows), [
      ['t', 'a', { key: 'a', value: 1 }],
      ['t', 'b', { key: 'b', value: 1 }],
    ]);
    assert.ok(checkpoint.isStale());
    const puts = [['t', 'b', { key: 'b', value: 2 }]] as const;
    await checkpoint.write({ index: at(8), puts, deletes: [['t', 'a']] });
    await checkpoint.close();
    const again = await open();
    assert.deepEqual(sorted(again.load().rows), puts);
    await again.beginRenewal(at(8));
    await again.renew(puts);
    await again.endRenewal();
    await again.close();
    const renewed = await open();
    assert.deepEqual(sorted(renewed.load().rows), puts);
    assert.equal(renewed.isStale(), false);
    await renewed.close();
  }));

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
