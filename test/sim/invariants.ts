/**
 * What must hold after every entry, whatever went wrong before it.
 *
 * I1: no node is over-committed, in no dimension.
 * I2: no port of a node is given twice.
 * I3: of a job no two allocations that are to run have one name, but for canaries (which, promoted,
 *     are followed by the stops of the old ones), for one that was out of touch beside its stand-in,
 *     and for system jobs, which have one on each node.
 * I4: a client runs only what the servers gave to its node.
 */
import assert from 'node:assert/strict';
import type { Alloc } from '../../src/core/model/alloc.ts';
import { isTerminal } from '../../src/core/model/alloc.ts';
import type { AllocId, NodeId } from '../../src/core/model/ids.ts';
import { STOP_UNKNOWN } from '../../src/core/scheduler/descriptions.ts';
import { lint } from '../../src/core/state/lint.ts';
import type { State } from '../../src/core/state/state.ts';
import type { ChangeBatch } from '../../src/server/replica.ts';

/**
 * How many entries are looked at between two readings of every row. What is wrong then stays wrong,
 * so that it is found a little later; reading all after each entry took most of a run's time.
 */
const LINT_EVERY = 10;

export class Invariants {
  /** Where each allocation that ever was is to run (I4). */
  readonly #given = new Map<AllocId, NodeId>();

  /** Looks at what the entry touched, and now and then at everything. */
  check(batch: ChangeBatch, state: State): void {
    const nodes = new Set<NodeId>();
    const jobs = new Map<string, Alloc>();
    for (const change of batch.changes) {
      if (change.table !== 'allocs' || change.after === undefined) continue;
      const { after } = change;
      this.#given.set(after.id, after.nodeId);
      nodes.add(after.nodeId);
      jobs.set(`${after.namespace}/${after.jobId}`, after);
    }
    for (const id of nodes) checkNode(state, id);
    for (const alloc of jobs.values()) checkNames(state, alloc);
    if (state.index % LINT_EVERY === 0) checkAll(state);
  }

  /** I4, of one machine. */
  checkMachine(nodeId: NodeId | undefined, running: readonly string[]): void {
    for (const id of running) {
      const allocId = id.slice(0, id.indexOf('.')) as AllocId;
      assert.equal(this.#given.get(allocId), nodeId, `a client runs ${allocId}, which is not its`);
    }
  }
}

/** What an operator's `lint` would find. */
export function checkAll(state: State): void {
  const notes = lint(state).map((note) => `${note.rule} ${note.subject}: ${note.message}`);
  assert.equal(notes.length, 0, `lint at ${state.index}:\n  ${notes.slice(0, 10).join('\n  ')}`);
}

/** I1, I2. */
function checkNode(state: State, id: NodeId): void {
  const node = state.node(id);
  if (node === undefined) return;
  const used = { cpu: 0, memoryMb: 0, diskMb: 0 };
  const ports = new Map<string, AllocId>();
  for (const alloc of state.allocsByNode(id)) {
    if (isTerminal(alloc)) continue;
    used.cpu += alloc.resources.cpu;
    used.memoryMb += alloc.resources.memoryMb;
    used.diskMb += alloc.resources.diskMb;
    for (const { value, hostIp } of alloc.ports) {
      const key = `${hostIp}:${value}`;
      const holder = ports.get(key);
      assert.equal(holder, undefined, `I2: port ${key} of ${node.name}: ${alloc.id} and ${holder}`);
      ports.set(key, alloc.id);
    }
  }
  for (const dimension of ['cpu', 'memoryMb', 'diskMb'] as const) {
    const room = node.resources[dimension] - node.reserved[dimension];
    const text = `I1: ${dimension} of ${node.name}: ${used[dimension]} of ${room}`;
    assert.ok(used[dimension] <= room, text);
  }
}

/** Somebody may stand in for it: it was out of touch, or has been replaced. */
function wasSilent(alloc: Alloc): boolean {
  return alloc.nextAllocId !== undefined || alloc.desiredDescription === STOP_UNKNOWN;
}

function wasCanary(state: State, { id, group, deploymentId }: Alloc): boolean {
  if (deploymentId === undefined) return false;
  return state.deployment(deploymentId)?.groups[group]?.placedCanaries.includes(id) === true;
}

function told({ id, jobVersion, clientStatus, nodeId, deploymentId }: Alloc): string {
  return `${id} v${jobVersion} ${clientStatus} on ${nodeId} deployment ${deploymentId ?? 'none'}`;
}

/** I3. */
function checkNames(state: State, { namespace, jobId }: Alloc): void {
  const type = state.job(namespace, jobId)?.type;
  // What is left of a purged job may not say which kind it was.
  if (type === undefined) return;
  const isEverywhere = type === 'system' || type === 'sysbatch';
  const holders = new Map<string, Alloc>();
  for (const alloc of state.allocsByJob(namespace, jobId)) {
    if (isTerminal(alloc) || alloc.clientStatus === 'unknown') continue;
    // One that was out of touch and is back, until it is decided which of the two goes.
    if (wasSilent(alloc) || wasCanary(state, alloc)) continue;
    const key = isEverywhere ? `${alloc.name} on ${alloc.nodeId}` : alloc.name;
    const holder = holders.get(key);
    const text = `I3: ${key}: ${told(alloc)} and ${holder && told(holder)} are both to run`;
    assert.ok(holder === undefined, text);
    holders.set(key, alloc);
  }
}
