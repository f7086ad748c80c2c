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
import { notesOf, type LintSteps, type Note } from './lint-note.ts';
import { lintCatalog } from './lint-catalog.ts';
import { lintCoordination } from './lint-coordination.ts';
import { lintSums } from './lint-sums.ts';
import type { State } from './state.ts';
import { SHAPES, TABLE_NAMES } from './tables.ts';
import { NO_USAGE, UsageEdit } from './usage.ts';
import { jobKey } from './watch.ts';
import type { TableName } from './watch.ts';

/** Everything that is wrong with a state. Reads every row: some seconds for a million. */
export function lint(state: State): readonly Note[] {
  return [...notesOf(lintSteps(state))];
}

/** The same in steps of a row or two. The state is not to change meanwhile; it never does. */
export function* lintSteps(state: State): LintSteps {
  yield* lintNodes(state);
  yield* lintJobs(state);
  yield* lintAllocs(state);
  yield* lintSums(state);
  yield* lintCatalog(state);
  yield* lintCoordination(state);
  yield* lintIndexes(state);
  yield* lintHash(state);
}

/** No node over-committed, no port twice. */
function* lintNodes(state: State): LintSteps {
  for (const node of state.nodes()) {
    const usage = new UsageEdit(NO_USAGE);
    for (const alloc of state.allocsByNode(node.id)) {
      yield undefined;
      if (!isTerminal(alloc)) usage.add(alloc);
    }
    yield undefined;
    const excess = usage.excess(node);
    if (excess !== undefined) {
      yield { rule: 'node-overcommitted', subject: node.id, message: excess };
    }
  }
}

function* lintJobs(state: State): LintSteps {
  for (const job of state.jobs()) {
    yield undefined;
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
function* lintNames(state: State, job: Job): LintSteps {
  const isSystem = job.type === 'system' || job.type === 'sysbatch';
  const seen = new Map<string, Alloc>();
  for (const alloc of state.allocsByJob(job.namespace, job.id)) {
    yield undefined;
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

function* lintSummary(state: State, job: Job): LintSteps {
  const summary = state.jobSummary(job.namespace, job.id);
  if (summary === undefined) {
    yield { rule: 'summary-wrong', subject: job.id, message: 'there is none' };
    return;
  }
  const counted = new Map<string, Record<keyof GroupSummary, number>>();
  for (const alloc of state.allocsByJob(job.namespace, job.id)) {
    yield undefined;
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

function* lintChildren(state: State, job: Job): LintSteps {
  const children = state.jobSummary(job.namespace, job.id)?.children;
  if (children === undefined) return;
  const counted = { pending: 0, running: 0, dead: 0 };
  for (const child of state.jobsByParent(job.namespace, job.id)) {
    yield undefined;
    counted[child.status] += 1;
  }
  if (!same(counted, children)) {
    const message = `children ${JSON.stringify(children)}, counted ${JSON.stringify(counted)}`;
    yield { rule: 'summary-wrong', subject: job.id, message };
  }
}

function* lintStatus(state: State, job: Job): LintSteps {
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
function* lintAllocs(state: State): LintSteps {
  for (const alloc of state.allocs()) {
    yield undefined;
    if (state.jobVersion(alloc.namespace, alloc.jobId, alloc.jobVersion) === undefined) {
      const message = `no version ${alloc.jobVersion} of job "${alloc.jobId}"`;
      yield { rule: 'reference-missing', subject: alloc.id, message };
    }
  }
}

/** Secondary indexes hold each row where it belongs, and nothing else. */
function* lintIndexes(state: State): LintSteps {
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
): LintSteps {
  const table = state.tables[name];
  const counted = new Map<string, number>();
  for (const row of table.values()) {
    yield undefined;
    const value = of(row);
    if (value !== undefined) counted.set(value, (counted.get(value) ?? 0) + 1);
  }
  for (const [value, count] of counted) {
    yield undefined;
    if (table.sizeBy(index, value) === count) continue;
    const message = `${table.sizeBy(index, value)} rows, counted ${count}`;
    yield { rule: 'index-wrong', subject: `${name}.${index}/${value}`, message };
  }
}

function* lintHash(state: State): LintSteps {
  const sum = { a: 0, b: 0 };
  for (const name of TABLE_NAMES) {
    const seed = hashSeed(name);
    for (const row of state.tables[name].values()) {
      yield undefined;
      hashRow(seed, row);
      sum.a = (sum.a + lanes.a) | 0;
      sum.b = (sum.b + lanes.b) | 0;
    }
  }
  const message = `${state.hash}, counted ${hashText(sum)}`;
  if (hashText(sum) !== state.hash) yield { rule: 'hash-wrong', subject: 'state', message };
}
