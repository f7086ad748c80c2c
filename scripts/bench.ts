/**
 * `npm run bench`: runs every `*.bench.ts`, one after another, and compares each figure it reports
 * (see `bench/harness.ts`) with `bench/baseline.json`.
 *
 *     npm run bench                         all of them
 *     npm run bench -- --only jobspec       those whose path or figure contains the word
 *     npm run bench -- --update             write what was measured as the new baseline
 *
 * Ends with 1 if a benchmark failed or a figure is three times worse than its baseline.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { Figure } from '../bench/harness.ts';
import { filesUnder } from './files.ts';

const root = join(import.meta.dirname, '..');
const baselineFile = join(root, 'bench', 'baseline.json');

/** Shared machines drift by half; what is three times worse is worse. */
const WORSE_FACTOR_MAX = 3;

type Baseline = Record<string, { value: number; unit: string }>;

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, update: { type: 'boolean', default: false } },
});

const baseline = readBaseline();
const figures = new Map<string, Figure>();
const broken: string[] = [];
for (const file of await benches(options.only)) {
  console.log(`# ${file}`);
  const before = figures.size;
  const ended = await runBench(file, (figure) => {
    if (figures.has(figure.name)) broken.push(`${figure.name} is reported twice`);
    figures.set(figure.name, figure);
    console.log(row(figure, baseline[figure.name]?.value));
  });
  if (ended !== 0) broken.push(`${file} ended with ${String(ended)}`);
  else if (figures.size === before) broken.push(`${file} reports no figure`);
}
const worse = [...figures.values()].filter((f) => isWorse(f, baseline[f.name]?.value));
for (const { name } of worse) console.log(`worse: ${name}, beyond ${WORSE_FACTOR_MAX} times`);
for (const reason of broken) console.log(`broken: ${reason}`);
if (options.update && broken.length === 0) writeBaseline();
const failed = worse.length + broken.length;
console.log(`${figures.size - worse.length} figures held, ${failed} failed`);
const isFailed = options.update ? broken.length > 0 : failed > 0;
process.exitCode = isFailed ? 1 : 0;

async function benches(only: string | undefined): Promise<string[]> {
  const all = await filesUnder(root, ['src', 'bench'], '.bench.ts');
  if (only === undefined) return all;
  const named = Object.keys(baseline).some((name) => name.includes(only));
  const byPath = all.filter((file) => file.includes(only));
  // A word that is in no path may be in a figure's name; only running tells which file reports it.
  return byPath.length > 0 || !named ? byPath : all;
}

/** Runs one benchmark; resolves with its exit code, or the signal that ended it. */
function runBench(file: string, onFigure: (figure: Figure) => void): Promise<number | string> {
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', file], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const figure = figureOf(line);
    if (figure === undefined) console.log(line);
    else onFigure(figure);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
}

function figureOf(line: string): Figure | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(line) as Partial<Figure>;
    const { name, unit, better } = value;
    const isFigure = typeof value.value === 'number' && name !== undefined && unit !== undefined;
    return isFigure && better !== undefined ? (value as Figure) : undefined;
  } catch {
    return undefined;
  }
}

function row(figure: Figure, base: number | undefined): string {
  const value = `${figure.value} ${figure.unit}`.padStart(26);
  const compared =
    base === undefined
      ? 'no baseline'
      : `${(figure.value / base).toFixed(2)} of the baseline ${base} (${figure.better} is better)`;
  return `${figure.name.padEnd(48)} ${value}   ${compared}`;
}

function isWorse(figure: Figure, base: number | undefined): boolean {
  if (base === undefined) return false;
  return figure.better === 'higher'
    ? figure.value * WORSE_FACTOR_MAX < base
    : figure.value > base * WORSE_FACTOR_MAX;
}

function readBaseline(): Baseline {
  return existsSync(baselineFile)
    ? (JSON.parse(readFileSync(baselineFile, 'utf8')) as Baseline)
    : {};
}

/** Keeps the figures that this run did not measure: `--only` may have left them out. */
function writeBaseline(): void {
  const next: Baseline = { ...baseline };
  for (const { name, value, unit } of figures.values()) next[name] = { value, unit };
  const sorted = Object.fromEntries(Object.entries(next).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(baselineFile, `${JSON.stringify(sorted, null, 2)}\n`);
}
