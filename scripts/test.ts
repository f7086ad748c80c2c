/**
 * `npm test`: every `*.test.ts` under `src` and `test`.
 *
 *     npm test                              all of them
 *     npm test -- scheduler dns             those whose path contains one of the words
 *
 * T1: each file runs in a process of its own; as many at once as there are processors.
 * T2: what is in `test/e2e` runs after that, one more at once: it starts programs, and waits for
 *     them most of its time.
 * T3: nothing passes in silence: each skipped test and each absent part is named at the end.
 * T4: where CI is set, an absent part is a failure.
 */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { run, type TestsStream } from 'node:test';
import { inspect } from 'node:util';
import { filesUnder } from './files.ts';
import { parts } from './parts.ts';
import { TestModules } from './test-modules.ts';

const root = join(import.meta.dirname, '..');

/** Of one file: five times what the longest takes, clusters that are hurt again and again. */
const FILE_MS_MAX = 8 * 60_000;

/** Worth a line, for the sake of those who wait for the whole. */
const SLOW_SECONDS = 10;

type Tally = { passed: number; failed: string[]; skipped: string[] };

const tally: Tally = { passed: 0, failed: [], skipped: [] };
const words = process.argv.slice(2);
const files = (await filesUnder(root, ['src', 'test'], '.test.ts')).filter(
  (file) => words.length === 0 || words.some((word) => file.includes(word)),
);
const isEndToEnd = (file: string): boolean => file.startsWith('test/e2e/');
const small = files.filter((file) => !isEndToEnd(file));
await using modules = await TestModules.compile(root, small);
const processors = availableParallelism();
await runFiles(
  small.map((file) => modules.compiled(file)),
  processors,
);
// Builds the program where it is older than its source: no test is to wait for that.
if (files.some(isEndToEnd))
  execFileSync(join(root, 'bin/muster'), ['version'], { stdio: 'ignore' });
await runFiles(
  files.filter(isEndToEnd).map((file) => join(root, file)),
  processors + 1,
);
summarise();

async function runFiles(paths: readonly string[], concurrency: number): Promise<void> {
  if (paths.length === 0) return;
  const stream = run({
    files: [...paths],
    concurrency,
    timeout: FILE_MS_MAX,
  });
  listen(stream);
  // Only a stream that is read runs to its end.
  await finished(stream.resume());
}

/** Prints a failure when it happens, and counts leaves only: a suite fails because a test in it did. */
function listen(stream: TestsStream): void {
  stream.on('test:pass', (event) => {
    if (event.details.type === 'suite') return;
    if (isFile(event)) {
      fail(event, 'holds no test');
      return;
    }
    const { skip, todo } = event;
    if (skip === undefined && todo === undefined) tally.passed++;
    else tally.skipped.push(`${title(event)}${typeof skip === 'string' ? `: ${skip}` : ''}`);
    const seconds = event.details.duration_ms / 1_000;
    if (seconds > SLOW_SECONDS) console.log(`slow ${title(event)} (${seconds.toFixed(1)} s)`);
  });
  stream.on('test:fail', (event) => {
    const { error } = event.details;
    if (!isOfSubtests(error)) fail(event, inspect('cause' in error ? error.cause : error));
  });
  stream.on('test:stderr', ({ message }) => process.stderr.write(message));
  stream.on('test:stdout', ({ message }) => process.stdout.write(message));
}

type TestEvent = Readonly<{ file?: string; name: string; details: { duration_ms: number } }>;

function fail(event: TestEvent, why: string): void {
  tally.failed.push(title(event));
  console.log(`FAIL ${title(event)}\n${why.replaceAll(/^/gm, '     ')}\n`);
}

function isOfSubtests(error: Error): boolean {
  return (error as { failureType?: string }).failureType === 'subtestsFailed';
}

/** A process that held no test, or ended before it told of one, is reported under its path. */
function isFile({ name }: TestEvent): boolean {
  return name.startsWith(root);
}

function title(event: TestEvent): string {
  if (isFile(event)) return modules.source(event.name);
  return event.file === undefined ? event.name : `${modules.source(event.file)}: ${event.name}`;
}

function summarise(): void {
  for (const skipped of tally.skipped) console.log(`skip ${skipped}`);
  for (const failed of tally.failed) console.log(`FAIL ${failed}`);
  for (const { name, neededFor } of parts().filter(({ present }) => !present)) {
    console.log(`absent on this machine: ${name} (${neededFor})`);
    // There, everything was to be installed: what is not tested has failed (T4).
    if (process.env['CI'] !== undefined) tally.failed.push(name);
  }
  if (tally.skipped.length > 0) console.log(`${tally.skipped.length} skipped`);
  console.log(`${tally.passed} passed, ${tally.failed.length} failed`);
  process.exitCode = tally.failed.length === 0 && tally.passed > 0 ? 0 : 1;
}
