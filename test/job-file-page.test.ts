/** The page of the job file names every block and argument that one may hold. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { JOB } from '../src/core/jobspec/job-tables.ts';
import type { BlockTable } from '../src/core/jobspec/table.ts';

const page = readFileSync(join(import.meta.dirname, '../docs/reference/job-file.md'), 'utf8');

/** Told as a whole. */
const SUMMED_UP = new Set(['connect']);

function* namesIn(table: BlockTable, path = 'job'): Generator<readonly [name: string, at: string]> {
  for (const name of table.arguments.keys()) yield [name, path];
  for (const [name, { table: inner }] of table.blocks) {
    yield [name, path];
    if (inner !== undefined && !SUMMED_UP.has(name)) yield* namesIn(inner, `${path} > ${name}`);
  }
}

test('each block and argument of a job file is told of', () => {
  const named = new Set([...page.matchAll(/`(\w+)`/g)].map((m) => m[1] ?? ''));
  const missing = [...namesIn(JOB)].filter(([name]) => !named.has(name));
  assert.deepEqual(
    missing.map(([name, at]) => `${at} > ${name}`),
    [],
  );
});
