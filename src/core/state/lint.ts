/**
 * What must hold in every state, looked up row by row: a diagnosis for operators, and the judge of
 * each step of a simulation. An empty list is a clean state.
 */
import { same } from '../../base/same.ts';
import { isTerminal } from '../model/alloc.ts';
import type { Alloc } from '../model/alloc.ts';
import type { Job } from '../model/job.ts';
import { EMPTY_GROUP_SUMMARY } from '../model/job-summary.ts';
import type { GroupSummary } from '../model/job-summary.ts';
import { hashRow, hashSeed, hashText, lanes } from './hash.ts';
import { jobStatusOf } from './job-status.ts';
import type { Note } from './lint-note.ts';
import { lintCatalog } from './lint-catalog.ts';
import { lintCoordination } from './lint-coordination.ts';
import { derive } from './persist.ts';
import type { State } from './state.ts';
import { SHAPES, TABLE_NAMES } from './tables.ts';
import { NO_USAGE, UsageEdit } from './usage.ts';
import { jobKey } from './watch.ts';
import type { TableName } from './watch.ts';

/** Everything that is wrong with a state. Reads every row: some seconds for a million. */
export function lint(state: State): readonly Note[] {
  return [
    ...lintNodes(state),
    ...lintJobs(state),
    ...lintAllocs(state),
    ...lintSums(state),
    ...lintCatalog(state),
    ...lintCoordination(state),
    ...lintIndexes(state),
    ...lintHash(state),
  ];
}

/** No node over-committed, no port twice. */
function* lintNodes(state: State): Generator<Note> {
  for (const node of state.nodes()) {
    const usage = new UsageEdit(NO_USAGE);
    for (const alloc of state.allocsByNode(node.id)) if (!isTerminal(alloc)) usage.add(alloc);
    const excess = usage.excess(node);
    if (excess !== undefined) {
      yield { rule: 'node-overcommitted', subject: node.id, message: excess };
    }
  }
}

function* lintJobs(state: State): Generator<Note> {
  for (const job of state.jobs()) {
    yield* lintNames(state, job);
    yield* lintSummary(state, job);
    yield* lintStatus(state, job);
    const blocked = [...state.tables.evals.valuesBy('blockedJob', jobKey(job.namespace, job.id))];
    const ranksAlone = job.type === 'service' || job.type === 'batch';
    if (ranksAlone && blocked.length > 1) {
      const message = `${blocked.length} blocked evaluations`;
      yield { rule: 'blocked-twice', subject: job.id, message };
    }
  }
}

/**
 * Live names are unique within a job, but for canaries beside what they are to replace, and for an
 * instance that is out of touch beside its stand-in. A system job has each name once a node.
 */
function* lintNames(state: State, job: Job): Generator<Note> {
  const isSystem = job.type === 'system' || job.type === 'sysbatch';
  const seen = new Map<string, Alloc>();
  for (const alloc of state.allocsByJob(job.namespace, job.id)) {
    if (isTerminal(alloc) || mayShareName(state, alloc)) continue;
    const name = isSystem ? `${alloc.name}/${alloc.nodeId}` : alloc.name;
    const other = seen.get(name);
    if (other !== undefined) {
      yield { rule: 'name-twice', subject: alloc.name, message: `${other.id} and ${alloc.id}` };
    }
    seen.set(name, alloc);
  }
}

function mayShareName(state: State, alloc: Alloc): boolean {
  if (alloc.clientStatus === 'unknown') return true;
  const { id, group, deploymentId } = alloc;
  const rollout = deploymentId === undefined ? undefined : state.deployment(deploymentId);
  // Between its promotion and the evaluation that follows it, too.
  if (rollout?.groups[group]?.placedCanaries.includes(id) === true) return true;
  // Its replacement is placed only once it is gone, or while it is out of touch.
  return alloc.previousAllocId !== undefined;
}

function* lintSummary(state: State, job: Job): Generator<Note> {
  const summary = state.jobSummary(job.namespace, job.id);
  if (summary === undefined) {
    yield { rule: 'summary-wrong', subject: job.id, message: 'there is none' };
    return;
  }
  const counted = new Map<string, Record<keyof GroupSummary, number>>();
  for (const alloc of state.allocsByJob(job.namespace, job.id)) {
    let line = counted.get(alloc.group);
    if (line === undefined) counted.set(alloc.group, (line = { ...EMPTY_GROUP_SUMMARY }));
    line[alloc.clientStatus === 'pending' ? 'starting' : alloc.clientStatus] += 1;
  }
  for (const [name, line] of Object.entries(summary.groups)) {
    const wanted = { ...(counted.get(name) ?? EMPTY_GROUP_SUMMARY), queued: line.queued };
    if (same(wanted, line)) continue;
    const message = `group "${name}": ${JSON.stringify(line)}, counted ${JSON.stringify(wanted)}`;
    yield { rule: 'summary-wrong', subject: job.id, message };
  }
  yield* lintChildren(state, job);
}

function* lintChildren(state: State, job: Job): Generator<Note> {
  const children = state.jobSummary(job.namespace, job.id)?.children;
  if (children === undefined) return;
  const counted = { pending: 0, running: 0, dead: 0 };
  for (const child of state.jobsByParent(job.namespace, job.id)) counted[child.status] += 1;
  if (!same(counted, children)) {
    const message = `children ${JSON.stringify(children)}, counted ${JSON.stringify(counted)}`;
    yield { rule: 'summary-wrong', subject: job.id, message };
  }
}

function* lintStatus(state: State, job: Job): Generator<Note> {
  const key = jobKey(job.namespace, job.id);
  const counts = state.derived.jobCounts.get(key) ?? { live: 0, open: 0 };
  const isKnown =
    state.tables.allocs.sizeBy('job', key) + state.tables.evals.sizeBy('job', key) > 0;
  const wanted = jobStatusOf(job, counts, isKnown);
  if (wanted !== job.status) {
    yield { rule: 'status-wrong', subject: job.id, message: `${job.status}, not ${wanted}` };
  }
}

/** Each allocation has its job version, and a live one its node. */
function* lintAllocs(state: State): Generator<Note> {
  for (const alloc of state.allocs()) {
    if (state.jobVersion(alloc.namespace, alloc.jobId, alloc.jobVersion) === undefined) {
      const message = `no version ${alloc.jobVersion} of job "${alloc.jobId}"`;
      yield { rule: 'reference-missing', subject: alloc.id, message };
    }
  }
}

/** What is kept as a sum equals what is counted. */
function* lintSums(state: State): Generator<Note> {
  const counted = derive(state.tables);
  for (const name of ['usage', 'jobCounts', 'versionUse'] as const) {
    const kept = new Map<string, unknown>(
      state.derived[name].entries() as Iterable<[string, unknown]>,
    );
    for (const [key, value] of counted[name].entries() as Iterable<[string, unknown]>) {
      if (!sameSum(kept.get(key), value)) {
        const message = `${JSON.stringify(kept.get(key))}, counted ${JSON.stringify(value)}`;
        yield { rule: 'sums-wrong', subject: `${name} ${key}`, message };
      }
      kept.delete(key);
    }
    for (const [key, value] of kept) {
      if (isNothing(value)) continue;
      yield { rule: 'sums-wrong', subject: `${name} ${key}`, message: JSON.stringify(value) };
    }
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

/** Secondary indexes hold each row where it belongs, and nothing else. */
function* lintIndexes(state: State): Generator<Note> {
  for (const name of TABLE_NAMES) {
    const indexes = SHAPES[name].indexes as Record<string, (row: object) => string | undefined>;
    for (const [index, of] of Object.entries(indexes)) yield* lintIndex(state, name, index, of);
  }
}

function* lintIndex(
  state: State,
  name: TableName,
  index: string,
  of: (row: object) => string | undefined,
): Generator<Note> {
  const table = state.tables[name];
  const counted = new Map<string, number>();
  for (const row of table.values()) {
    const value = of(row);
    if (value !== undefined) counted.set(value, (counted.get(value) ?? 0) + 1);
  }
  for (const [value, count] of counted) {
    if (table.sizeBy(index, value) === count) continue;
    const message = `${table.sizeBy(index, value)} rows, counted ${count}`;
    yield { rule: 'index-wrong', subject: `${name}.${index}/${value}`, message };
  }
}

function* lintHash(state: State): Generator<Note> {
  const sum = { a: 0, b: 0 };
  for (const name of TABLE_NAMES) {
    const seed = hashSeed(name);
    for (const row of state.tables[name].values()) {
      hashRow(seed, row);
      sum.a = (sum.a + lanes.a) | 0;
      sum.b = (sum.b + lanes.b) | 0;
    }
  }
  const message = `${state.hash}, counted ${hashText(sum)}`;
  if (hashText(sum) !== state.hash) yield { rule: 'hash-wrong', subject: 'state', message };
}
