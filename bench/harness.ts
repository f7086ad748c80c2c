/**
 * What every `*.bench.ts` is written with.
 *
 * A benchmark is an ordinary program beside the code it measures (`src/.../x.bench.ts`, or `bench/`
 * for what spans parts). `npm run bench` finds them all, runs each in a process of its own, one after
 * another, and reads figures from its standard output: one JSON object a line, as `report` prints.
 * Anything else a benchmark prints is passed through to the reader. The runner compares each figure
 * with `bench/baseline.json` and fails where one is three times worse. A whole benchmark:
 *
 *     import { measure, perSecond, report } from '../../bench/harness.ts';
 *
 *     const rate = await measure(() => perSecond(1_000, () => parseThousandLines()));
 *     report({ name: 'jobspec.parse.lines', value: rate.median, unit: 'lines/s', better: 'higher' });
 *
 * H1: a figure's name is unique in the repository: it is the key of the baseline.
 * H2: what is quoted is a median after a warm-up; a single run on a shared machine means nothing.
 */
import { performance } from 'node:perf_hooks';

/** One measured figure. */
export type Figure = Readonly<{
  /** Dotted, the part first: `scheduler.service.ports.rate`. Unique in the repository (H1). */
  name: string;
  value: number;
  /** As a reader would say it: `ms`, `placements/s`, `bytes/alloc`, `ratio`. */
  unit: string;
  better: 'higher' | 'lower';
}>;

/** How a quantity came out over several runs. */
export type Spread = Readonly<{ min: number; median: number; max: number; runs: number }>;

export type MeasureOptions = Readonly<{
  /** Counted runs; the default is 5. */
  runs?: number;
  /** Runs before those, not counted, in which V8 compiles and caches fill; the default is 1. */
  warmUp?: number;
}>;

/** Prints one figure as the line of JSON that the runner reads. */
export function report(figure: Figure): void {
  console.log(JSON.stringify({ ...figure, value: round(figure.value) }));
}

/**
 * Runs `once` several times and tells the spread of what it returned (H2).
 *
 * `once` returns the number to be judged, usually from `timed` or `perSecond`: so what is prepared
 * before the clock starts is the benchmark's own affair.
 */
export async function measure(
  once: () => number | Promise<number>,
  options: MeasureOptions = {},
): Promise<Spread> {
  const { runs = 5, warmUp = 1 } = options;
  for (let i = 0; i < warmUp; i++) await once();
  const values: number[] = [];
  for (let i = 0; i < runs; i++) values.push(await once());
  return spread(values);
}

/** Runs `body` once and tells how long it took [ms]; a promise is waited for. */
export async function timed(body: () => unknown): Promise<number> {
  const startedAt = performance.now();
  const result = body();
  if (result instanceof Promise) await result;
  return performance.now() - startedAt;
}

/** Runs `body` once and tells how many of its `count` pieces of work were done in a second. */
export async function perSecond(count: number, body: () => unknown): Promise<number> {
  return (count * 1_000) / (await timed(body));
}

/**
 * Runs two candidates in turn (A B A B ...) and tells the spread of A/B pair by pair, so that the
 * comparison holds while the machine's own speed drifts.
 */
export async function ratio(
  a: () => number | Promise<number>,
  b: () => number | Promise<number>,
  options: MeasureOptions = {},
): Promise<Spread> {
  return measure(async () => (await a()) / (await b()), options);
}

/** The value that `share` of the samples do not exceed; `share` is 0..1, samples in any order. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = Float64Array.from(samples).sort();
  const at = Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1));
  return sorted[at] ?? Number.NaN;
}

/**
 * Tells how many bytes of live heap `make` leaves behind for each of `count` things. What it
 * returns is held until the second reading. Collects garbage twice around each reading; the runner
 * starts benchmarks with `--expose-gc`.
 */
export async function heapBytesEach(count: number, make: () => unknown): Promise<number> {
  const before = await liveHeapBytes();
  const held = await make();
  const bytes = (await liveHeapBytes()) - before;
  // A use after the reading, or V8 may free it before.
  if (held === liveHeapBytes) throw new Error('unreachable: keeps the measured value alive');
  return bytes / count;
}

async function liveHeapBytes(): Promise<number> {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('run with --expose-gc, as npm run bench does');
  for (let i = 0; i < 2; i++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function spread(values: readonly number[]): Spread {
  return {
    min: Math.min(...values),
    median: percentile(values, 0.5),
    max: Math.max(...values),
    runs: values.length,
  };
}

/** Four significant digits: more would be noise in the diff of the baseline. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
