/**
 * What was ever written to the simulated log, kept outside of it.
 *
 * H1: an entry that was applied, so every acknowledged one, is there after each crash, byte for byte.
 * H2: the state at an index is the same however it was reached: entry by entry, or from a checkpoint
 *     and the log's tail.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Index } from '../../src/base/brand.ts';
import type { AllocClientFacts, Entry, EntryType } from '../../src/core/state/entry.ts';
import type { State } from '../../src/core/state/state.ts';
import { entryCodec } from '../../src/io/log/entry-codec.ts';

interface Fact {
  readonly digest: string;
  readonly stateHash: string;
  readonly line: string;
}

export class History {
  readonly #codec = entryCodec<Entry>();
  readonly #facts: Fact[] = [];
  /** What is durable for certain: while a log is being opened, its last entry may not yet be. */
  #certain = 0;
  #isOpening = true;
  /** How often entries were applied again after a crash. */
  replayed = 0;

  get length(): number {
    return this.#facts.length;
  }

  /** One entry was applied; again, after a crash (H1, H2). */
  note(index: Index, entry: Entry, state: State): void {
    const digest = createHash('sha256')
      .update(this.#codec.encode([entry]))
      .digest('hex')
      .slice(0, 32);
    const known = this.#facts[index - 1];
    const fact = { digest, stateHash: state.hash, line: describe(index, entry) };
    if (known !== undefined) {
      this.replayed += 1;
      const where = `entry ${index} (${fact.line}), seen as (${known.line}),`;
      assert.equal(digest, known.digest, `${where} is another one than before`);
      assert.equal(fact.stateHash, known.stateHash, `${where} leads to another state than before`);
      return;
    }
    assert.equal(index, this.#facts.length + 1, 'indexes are dense');
    this.#facts.push(fact);
    if (!this.#isOpening) this.#certain = index;
  }

  /** A server begins with a state at `index`, read from its checkpoint. */
  restored(state: State): void {
    this.#isOpening = true;
    this.#facts.length = this.#certain;
    if (state.index === 0) return;
    const known = this.#facts[state.index - 1];
    assert.ok(known !== undefined, `a checkpoint at ${state.index} is ahead of the log`);
    assert.equal(state.hash, known.stateHash, `the checkpoint at ${state.index} is another state`);
  }

  /**
   * One of several servers begins with a state, its own of before or another's: what any of them has
   * applied is durable for certain (H2).
   */
  joined(state: State): void {
    this.#isOpening = false;
    if (state.index === 0) return;
    const known = this.#facts[state.index - 1];
    assert.ok(known !== undefined, `a state at ${state.index} is ahead of the log`);
    assert.equal(state.hash, known.stateHash, `the state at ${state.index} is another one`);
  }

  /** A server has opened its log, which ends at `lastIndex` (H1). */
  opened(lastIndex: number): void {
    const { length } = this.#facts;
    assert.equal(lastIndex, length, `entry ${length} was applied, the log ends at ${lastIndex}`);
    this.#isOpening = false;
    this.#certain = length;
  }

  /** One hash over all entries: equal where the runs were equal, byte for byte. */
  hash(): string {
    const hash = createHash('sha256');
    for (const { digest } of this.#facts) hash.update(digest);
    return hash.digest('hex').slice(0, 16);
  }

  /** The last entries, for people. */
  tail(count: number): readonly string[] {
    return this.#facts.slice(-count).map(({ line }) => line);
  }

  /** All entries, for people. */
  lines(): readonly string[] {
    return this.#facts.map(({ line }) => line);
  }
}

type Subjects = {
  readonly [Type in EntryType]: (entry: Extract<Entry, { type: Type }>) => string;
};

const SUBJECTS: Subjects = {
  'job.register': ({ job, evaluation }) => `${job.id} ${short(evaluation?.id)}`,
  'job.deregister': ({ jobId, purge }) => `${jobId}${purge ? ' purge' : ''}`,
  'job.stability': ({ jobId, version }) => `${jobId} v${version}`,
  'job.scale': ({ jobId, count }) => `${jobId} to ${count ?? 'nothing'}`,
  'job.dispatch': ({ child }) => child.id,
  'periodic.launch': ({ parentId, child }) => `${parentId} ${child?.id ?? 'skipped'}`,
  'node.register': ({ node }) => `${node.name} ${short(node.id)}`,
  'node.status': ({ nodeId, status }) => `${short(nodeId)} ${status}`,
  'node.eligibility': ({ nodeId, eligibility }) => `${short(nodeId)} ${eligibility}`,
  'node.drain': ({ nodeId, drain, markEligible }) =>
    `${short(nodeId)} ${drain === undefined ? `over ${markEligible}` : `${drain.deadlineMs} ms`}`,
  'node.deregister': ({ nodeIds }) => nodeIds.map(short).join(' '),
  'node.events': ({ events }) => `${events.length}`,
  'evals.upsert': ({ evals }) =>
    evals
      .map(({ id, jobId, triggeredBy, status }) => `${short(id)} ${jobId} ${triggeredBy} ${status}`)
      .join(', '),
  'evals.delete': ({ evalIds }) => `${evalIds.length}`,
  'plan.apply': ({ plan, evals }) =>
    [
      `${plan.jobId} v${plan.jobVersion}`,
      `+[${plan.placements.map(({ id, name, nodeId }) => `${short(id)} ${name.replace(/.*\[/, '[')} on ${short(nodeId)}`).join(', ')}]`,
      `-[${plan.stops.map((each) => `${short(each.allocId)} ${each.clientStatus ?? each.description}`).join(', ')}]`,
      `~[${plan.updates.map(({ allocId }) => short(allocId)).join(' ')}]`,
      plan.deployment === undefined ? '' : `deployment ${short(plan.deployment.id)}`,
      evals.map(({ id, status }) => `${short(id)} ${status}`).join(', '),
    ].join(' '),
  'allocs.client-update': ({ updates }) =>
    updates
      .map((each) =>
        [
          `${short(each.id)} ${each.clientStatus}`,
          ...(each.deploymentStatus === undefined ? [] : [verdict(each.deploymentStatus)]),
          ...(each.clientStatus === 'failed' ? [`"${lastEvents(each)}"`] : []),
        ].join(' '),
      )
      .join(', '),
  'allocs.transition': ({ allocIds, transition }) =>
    `${allocIds.map(short).join(' ')} ${JSON.stringify(transition)}`,
  'deployment.status': ({ deploymentId, status }) => `${short(deploymentId)} ${status}`,
  'deployment.promote': ({ deploymentId }) => short(deploymentId),
  'deployment.alloc-health': ({ deploymentId, healthy, unhealthy }) =>
    `${short(deploymentId)} +${healthy.length} -${unhealthy.length}`,
  'scheduler.config': () => '',
  'catalog.register': ({ node, services, checks }) =>
    [node.name, ...services.map(({ id }) => id), ...checks.map((c) => `${c.id}=${c.status}`)].join(
      ' ',
    ),
  'catalog.deregister': ({ node, serviceIds = [], checkIds = [] }) =>
    [node, ...serviceIds, ...checkIds].join(' '),
  'coordinates.update': ({ updates }) => updates.map(({ node }) => node).join(' '),
  'query.set': ({ query }) => `${short(query.id)} ${query.name}`,
  'query.delete': ({ id }) => short(id),
  'gc.reap': ({ evalIds, allocIds, jobs, nodeIds }) =>
    `${evalIds.length} evals, ${allocIds.length} allocs, ${jobs.length} jobs, ${nodeIds.length} nodes`,
  'kv.write': ({ op }) => `${op.verb} ${op.key}`,
  'kv.expire': ({ keys }) => keys.join(' '),
  'txn.apply': ({ ops }) => ops.map(({ of }) => of).join(' '),
  'session.create': ({ session }) => short(session.id),
  'session.invalidate': ({ ids }) => ids.map(short).join(' '),
  'event.fire': ({ event }) => event.name,
  'rollout.begin': ({ allocId, change }) => `${short(allocId)} ${change}`,
  'rollout.end': ({ allocId, healthy }) => `${short(allocId)} ${verdict({ healthy })}`,
  'variable.set': ({ variable }) => variable.path,
  'variable.delete': ({ path }) => path,
  'job.tag': ({ jobId, name }) => `${jobId} ${name}`,
  'namespace.set': ({ namespace }) => namespace.name,
  'namespace.delete': ({ name }) => name,
  'node-pool.set': ({ pool }) => pool.name,
  'node-pool.delete': ({ name }) => name,
  'state.restore': ({ rows }) => `${rows.length} rows`,
};

function verdict({ healthy }: { readonly healthy?: boolean }): string {
  if (healthy === undefined) return '';
  return healthy ? 'healthy' : 'unhealthy';
}

function lastEvents({ taskStates }: AllocClientFacts): string {
  const tasks = Object.values(taskStates);
  const last = tasks.map(({ events }) => events.slice(-2).map((event) => event.displayMessage));
  return last.map((messages) => messages.join('; ')).join(' | ');
}

/** One line: when, what, to whom. */
function describe(index: Index, entry: Entry): string {
  const subject = SUBJECTS[entry.type] as (entry: Entry) => string;
  return `${index} ${entry.at} ${entry.type} ${subject(entry)}`;
}

function short(id: string | undefined): string {
  return id?.slice(0, 8) ?? '';
}
