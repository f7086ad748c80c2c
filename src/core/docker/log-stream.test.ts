import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LOG_START, LogDemuxer, type LogPosition, type LogRecord } from './log-stream.ts';

interface Line {
  /** Instants as numbers: as text, with their zeros cut, they do not sort. */
  readonly tick: number;
  readonly at: string;
  readonly text: string;
  readonly stream: 1 | 2;
}

function encode(lines: readonly Line[]): Uint8Array {
  return Buffer.concat(
    lines.map(({ at, text, stream }) => {
      const payload = Buffer.from(`${at} ${text}`);
      const header = Buffer.alloc(8);
      header[0] = stream;
      header.writeUInt32BE(payload.length, 4);
      return Buffer.concat([header, payload]);
    }),
  );
}

function read(
  bytes: Uint8Array,
  cuts: readonly number[],
  from: LogPosition = LOG_START,
): { texts: string[]; position: LogPosition } {
  const demuxer = new LogDemuxer(from);
  const records: LogRecord[] = [];
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    records.push(...(demuxer.push(bytes.subarray(at, Math.max(at, cut))) ?? []));
    at = Math.max(at, cut);
  }
  const texts = records.map((r) => `${r.stream} ${Buffer.from(r.bytes).toString()}`);
  return { texts, position: demuxer.position };
}

/** Lines with instants that never fall and often repeat. */
const lines = fc
  .array(
    fc.record({
      step: fc.nat(2),
      text: fc.string(),
      stream: fc.constantFrom(1 as const, 2 as const),
    }),
  )
  .map((items) => {
    let tick = 1;
    return items.map(({ step, text, stream }): Line => {
      tick += step;
      const fraction = String(tick).padStart(9, '0').replace(/0+$/, '');
      return { tick, at: `2026-11-21T06:34:49.${fraction}Z`, text, stream };
    });
  });

test('L1: cuts change nothing', () => {
  fc.assert(
    fc.property(lines, fc.array(fc.nat(400)), (all, cuts) => {
      const bytes = encode(all);
      const sorted = cuts.filter((c) => c <= bytes.length).sort((a, b) => a - b);
      const want = all.map((l) => `${l.stream === 2 ? 'stderr' : 'stdout'} ${l.text}`);
      assert.deepEqual(read(bytes, sorted).texts, want);
    }),
  );
});

test('L2: a second connection from the position kept goes on where the first ended', () => {
  fc.assert(
    fc.property(lines, fc.nat(), (all, n) => {
      const split = all.length === 0 ? 0 : n % (all.length + 1);
      const first = read(encode(all.slice(0, split)), []);
      // The engine repeats everything from the position's instant on, that instant included.
      const from = all[split - 1]?.tick ?? 0;
      const again = all.filter((line) => line.tick >= from);
      const second = read(encode(again), [], first.position);
      assert.deepEqual([...first.texts, ...second.texts], read(encode(all), []).texts);
    }),
  );
});

test('bytes that are no log stream are refused', () => {
  assert.equal(new LogDemuxer(LOG_START).push(Buffer.from('HTTP/1.1 500 no')), undefined);
});
