/** What must hold of the sums that are kept beside the rows; a part of `lint`. */
import { same } from '../../base/same.ts';
import { isTerminal } from '../model/alloc.ts';
import type { LintSteps } from './lint-note.ts';
import type { SortedMap } from './sorted.ts';
import type { JobCounts, State } from './state.ts';
import { versionKey } from './tables.ts';
import { NO_USAGE, UsageEdit } from './usage.ts';
import { jobKey } from './watch.ts';

/** What is kept as a sum equals what is counted, by other hands than restore the sums. */
export function* lintSums(state: State): LintSteps {
  const usage = new Map<string, UsageEdit>();
  const counts = new Map<string, Mutable<JobCounts>>();
  const versions = new Map<string, number>();
  for (const alloc of state.allocs()) {
    yield undefined;
    const job = jobKey(alloc.namespace, alloc.jobId);
    const version = versionKey(job, alloc.jobVersion);
    versions.set(version, (versions.get(version) ?? 0) + 1);
    if (isTerminal(alloc)) continue;
    entryOf(counts, job, () => ({ live: 0, open: 0 })).live += 1;
    entryOf(usage, alloc.nodeId, () => new UsageEdit(NO_USAGE)).add(alloc);
  }
  for (const { status, namespace, jobId } of state.evals()) {
    yield undefined;
    if (status !== 'pending' && status !== 'blocked') continue;
    entryOf(counts, jobKey(namespace, jobId), () => ({ live: 0, open: 0 })).open += 1;
  }
  const { derived } = state;
  yield* compare('usage', derived.usage, usage, (open) => open.finish());
  yield* compare('jobCounts', derived.jobCounts, counts, (sum) => sum);
  yield* compare('versionUse', derived.versionUse, versions, (sum) => sum);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function entryOf<V>(map: Map<string, V>, key: string, make: () => V): V {
  let found = map.get(key);
  if (found === undefined) map.set(key, (found = make()));
  return found;
}

function* compare<Open, V>(
  name: string,
  kept: SortedMap<V>,
  counted: ReadonlyMap<string, Open>,
  close: (open: Open) => unknown,
): LintSteps {
  for (const [key, open] of counted) {
    const value = close(open);
    if (sameSum(kept.get(key), value)) {
      yield undefined;
      continue;
    }
    const message = `${JSON.stringify(kept.get(key))}, counted ${JSON.stringify(value)}`;
    yield { rule: 'sums-wrong', subject: `${name} ${key}`, message };
  }
  for (const [key, value] of kept.entries()) {
    if (counted.has(key) || isNothing(value)) yield undefined;
    else yield { rule: 'sums-wrong', subject: `${name} ${key}`, message: JSON.stringify(value) };
  }
}

/** Addresses are numbered in the order in which they came, which need not be the same. */
function sameSum(kept: unknown, counted: unknown): boolean {
  return same(withoutAddresses(kept), withoutAddresses(counted));
}

function withoutAddresses(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('ports' in value)) return value;
  const { ports, exclusive, cpu, memoryMb, diskMb } = value as Record<string, unknown>;
  const numbers = (ports as number[]).map((port) => port % 65_536).sort((a, b) => a - b);
  return { cpu, memoryMb, diskMb, ports: numbers, exclusive: [...(exclusive as string[])].sort() };
}

/** A node whose last allocation has gone keeps an empty sum. */
function isNothing(value: unknown): boolean {
  return sameSum(value, NO_USAGE);
}
