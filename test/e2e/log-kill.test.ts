/** `kill -9` of a writing process, a hundred times: nothing acknowledged is lost, nothing is half. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Index } from '../../src/base/brand.ts';
import { Failure } from '../../src/base/failure.ts';
import { systemDisk } from '../../src/io/fs/disk.ts';
import { entryCodec } from '../../src/io/log/entry-codec.ts';
import { openSegmentLog } from '../../src/io/log/segment-log.ts';
import { halt } from '../processes.ts';

const KILLS = Number(process.env['KILLS'] ?? 100);
/** Stops early on a slow machine, but never before a fifth of the kills. */
const BUDGET_MS = 60_000;
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Bundled, so that a start takes a tenth of what it takes through tsx. */
async function bundleWriter(): Promise<string> {
  const outfile = here(`../../node_modules/.cache/muster-test/log-writer-${process.pid}.mjs`);
  await build({
    entryPoints: [here('log-writer.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
  return outfile;
}

class Writer {
  readonly lines: string[][] = [];
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<void>;
  errors = '';
  #wake: () => void = () => undefined;
  #rest = '';

  constructor(script: string, args: readonly string[]) {
    this.child = spawn(process.execPath, [script, ...args]);
    this.child.stderr.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    this.child.stdout.on('data', (chunk: Buffer) => {
      const lines = (this.#rest + chunk.toString()).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.lines.push(line.split(' '));
      this.#wake();
    });
    this.ended = new Promise((resolve) => {
      this.child.on('close', () => {
        resolve();
        this.#wake();
      });
    });
  }

  /** Waits until as many lines of a kind were said, or the process ended. */
  async said(kind: string, count: number): Promise<void> {
    while (this.of(kind).length < count && this.child.exitCode === null) {
      await Promise.race([this.ended, new Promise<void>((resolve) => (this.#wake = resolve))]);
    }
  }

  of(kind: string): string[][] {
    return this.lines.filter((line) => line[0] === kind);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

async function withWriter(body: (script: string, dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'muster-kill-'));
  const script = await bundleWriter();
  try {
    await body(script, dir);
  } finally {
    await rm(dir, { recursive: true });
    await rm(script);
  }
}

test('kill -9 during a stream of writes, a hundred times', { timeout: 180_000 }, (t) =>
  withWriter(async (script, dir) => {
    const acknowledged = new Map<string, string>();
    const startedAt = performance.now();
    let kills = 0;
    for (let run = 1; run <= KILLS; run++) {
      if (run > KILLS / 5 && performance.now() - startedAt > BUDGET_MS) break;
      const writer = new Writer(script, [dir, 'write', String(run)]);
      // Some die while they still open the log; most in the middle of writing.
      if (run % 10 === 0) await writer.said('ready', 1);
      else await writer.said('ack', 1 + Math.floor(Math.random() * 250));
      await writer.kill();
      assert.equal(writer.errors, '', `run ${run}`);
      for (const [, append = '', index = ''] of writer.of('ack')) acknowledged.set(append, index);
      kills += 1;
    }
    const dump = new Writer(script, [dir, 'dump']);
    await dump.ended;
    assert.equal(dump.errors, '');
    const present = new Map(dump.of('has').map(([, append = '', index]) => [append, index]));
    for (const [append, index] of acknowledged) {
      assert.equal(present.get(append), index, `append ${append} was acknowledged at ${index}`);
    }
    for (const [, append, , parts, of] of dump.of('has')) {
      assert.equal(parts, of, `append ${append ?? ''} is whole`);
    }
    const covered = dump.of('has').reduce((sum, line) => sum + Number(line[3]), 0);
    assert.equal(String(covered), dump.of('ready')[0]?.[1], 'no index is missing');
    t.diagnostic(`${kills} kills, ${acknowledged.size} acknowledged appends, all present`);
  }),
);

test('a second process is refused while the first lives, stopped or not, and not after', () =>
  withWriter(async (script, dir) => {
    const open = () =>
      openSegmentLog(
        { dir: `${dir}/log`, applied: 0 as Index },
        { disk: systemDisk, codec: entryCodec(), apply: () => undefined },
      );
    const writer = new Writer(script, [dir, 'write']);
    try {
      await writer.said('ack', 10);
      const refused = (e: unknown): boolean =>
        e instanceof Failure &&
        e.fault === 'conflict' &&
        e.message.includes(`in use by another agent (process ${writer.child.pid ?? 0})`);
      await assert.rejects(open(), refused);
      await halt(writer.child.pid ?? 0);
      await assert.rejects(open(), refused);
    } finally {
      await writer.kill();
    }
    const second = new Writer(script, [dir, 'dump']);
    await second.ended;
    assert.equal(second.errors, '');
    assert.ok(second.of('has').length >= 10);
  }));
