/** Laws of a system job's rollouts that hold whatever clients, operators and nodes do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SchedulerWorld } from '../../../test/scheduler-world.ts';
import { group, jobSpec, registerNode, updateStrategy, uuid } from '../../../test/state-world.ts';
import { isTerminal, type Alloc, type ClientStatus } from '../model/alloc.ts';
import { DEFAULT_NAMESPACE, type EvalId, type JobId } from '../model/ids.ts';
import type { UpdateStrategy } from '../model/strategy.ts';
import { newEvaluation } from '../state/new-evaluation.ts';
import { STOP_UPDATING } from './descriptions.ts';
import { evalOf, FIRST, Play, steps, type Step } from './reconciling.fixture.ts';

/** So many plays for each law; more with RUNS=5000, after a change to what decides. */
const RUNS = Number(process.env['RUNS'] ?? '100');
const WEB = 'web' as JobId;

function playAll(steps: readonly Step[], check: (play: Play, before: number) => void): void {
  const play = new Play('system');
  for (const each of steps) {
    const before = play.world.state.index;
    play.step(each);
    check(play, before);
  }
}

function property(name: string, law: (steps: readonly Step[]) => void): void {
  test(name, () => {
    fc.assert(fc.property(steps, law), { numRuns: RUNS });
  });
}

/** Instances of the running rollout that somebody hears of. */
function members({ world, deployment }: Play): readonly Alloc[] {
  if (deployment?.status !== 'running') return [];
  return [...world.state.allocsByDeployment(deployment.id)].filter((alloc) => {
    return !isTerminal(alloc) && world.state.node(alloc.nodeId)?.status === 'ready';
  });
}

property('Y1: no node runs two, and what is placed nowhere is placed on no node twice', (all) => {
  playAll(all, ({ world }) => {
    const nodes = world.live('web').map(({ nodeId }) => nodeId);
    assert.equal(new Set(nodes).size, nodes.length);
  });
});

property('G1: no more are replaced and not yet healthy than max_parallel allows', (all) => {
  const proven = new Set<string>();
  playAll(all, (play, before) => {
    const { world } = play;
    for (const { id, deploymentStatus } of world.allocs('web')) {
      if (deploymentStatus?.healthy === true) proven.add(id);
    }
    const job = world.state.job(DEFAULT_NAMESPACE, WEB);
    const mine = members(play);
    const replacing = mine.filter((alloc) => alloc.createIndex > before && tookOver(world, alloc));
    if (replacing.length === 0 || job === undefined) return;
    // What went on as a newer version is judged anew, but was healthy.
    const open = mine.filter(({ id }) => !proven.has(id));
    const taken = open.filter((alloc) => tookOver(world, alloc)).length;
    assert.ok(taken <= (job.groups[0]?.update?.maxParallel ?? 0), `${taken} at once`);
  });
});

function previousOf(world: SchedulerWorld, { previousAllocId }: Alloc): Alloc | undefined {
  return previousAllocId === undefined ? undefined : world.state.alloc(previousAllocId);
}

function tookOver(world: SchedulerWorld, alloc: Alloc): boolean {
  return previousOf(world, alloc)?.desiredDescription === STOP_UPDATING;
}

property('G2: before promotion the new version is on its share of the nodes, no further', (all) => {
  playAll(all, (play, before) => {
    const { deployment } = play;
    const group = deployment?.groups['web'];
    if (group === undefined || group.desiredCanaries === 0 || group.promoted) return;
    const added = members(play)
      .filter((alloc) => alloc.createIndex > before)
      // One that went on as the new version may fail, and is followed by another of it.
      .filter((alloc) => previousOf(play.world, alloc)?.deploymentId !== deployment?.id);
    assert.ok(added.every((alloc) => alloc.deploymentStatus?.canary === true));
    const canaries = members(play).filter((alloc) => alloc.deploymentStatus?.canary === true);
    if (added.length > 0) assert.ok(canaries.length <= group.desiredCanaries);
  });
});

property('G3: no unpromoted canary outlives its rollout', (all) => {
  playAll(all, (play) => {
    const { world, deployment } = play;
    if (deployment?.status !== 'failed') return;
    const stable = [...world.state.jobVersions(DEFAULT_NAMESPACE, WEB)].some(
      (each) => each.stable && each.version < deployment.jobVersion,
    );
    const job = world.state.job(DEFAULT_NAMESPACE, WEB);
    if (!stable || job?.stop !== false || job.version !== deployment.jobVersion) return;
    const left = [...world.state.allocsByDeployment(deployment.id)]
      .filter((alloc) => !isTerminal(alloc) && alloc.deploymentStatus?.canary === true)
      .filter((alloc) => world.state.node(alloc.nodeId)?.status === 'ready');
    assert.deepEqual(left, []);
  });
});

property('R4: an evaluation leaves nothing for a second one to do', (all) => {
  playAll(all, (play) => {
    play.world.evaluate(evalOf(play));
    const { plan, followUps } = play.again();
    const open = followUps.filter((next) => next.status !== 'blocked');
    assert.deepEqual([plan, open], [undefined, []]);
  });
});

property('R6: once all is well, each node runs the newest version', (all) => {
  const play = new Play('system');
  for (const each of all) play.step(each);
  play.heal();
  const { world } = play;
  // What failed waits for a person.
  const isStopped = world.state.job(DEFAULT_NAMESPACE, WEB)?.stop !== false;
  if (play.deployment?.status === 'failed' || isStopped) {
    play.step({ ...FIRST, image: 'sound' });
    play.heal();
  }
  const job = world.state.job(DEFAULT_NAMESPACE, WEB);
  const live = world.live('web').map((alloc) => `${alloc.nodeName} v${alloc.jobVersion}`);
  const expected = [0, 1, 2].map((n) => `node-${n} v${job?.version}`);
  assert.deepEqual([...live].sort(), expected);
  assert.equal(play.deployment?.status, 'successful');
  assert.equal(job?.stable, true);
});

const UPDATE = updateStrategy({ maxParallel: 5, canary: 35 });

/** Rollouts of a system job on some nodes, told by their clients. */
class Fleet {
  readonly world = new SchedulerWorld();

  constructor(nodes: number) {
    for (let n = 0; n < nodes; n++) this.world.do(registerNode(n));
  }

  build(image: string, update: UpdateStrategy): void {
    const groups = [group({ count: 1, update })];
    this.world.run(jobSpec('web', { type: 'system', meta: { image }, groups }));
  }

  say(allocs: readonly Alloc[], clientStatus: ClientStatus): void {
    const { world } = this;
    const at = world.now;
    const facts = { clientStatus, clientDescription: '', taskStates: {}, at };
    const verdict = { deploymentStatus: { healthy: true, at } };
    const updates = allocs.map(({ id }) => ({ id, ...facts, ...verdict }));
    world.do({ type: 'allocs.client-update', at, updates, seed: `s${world.state.index}` });
    world.settle();
  }

  get live(): readonly Alloc[] {
    return this.world.live('web');
  }

  get canaries(): readonly Alloc[] {
    return this.live.filter((alloc) => alloc.deploymentStatus?.canary === true);
  }
}

test('G2: where nodes go, as many canaries are asked for as there are', () => {
  const fleet = new Fleet(6);
  const { world } = fleet;
  const wanted = (): number | undefined =>
    world.state.latestDeployment(DEFAULT_NAMESPACE, WEB)?.groups['web']?.desiredCanaries;
  fleet.build('a', UPDATE);
  fleet.say(fleet.live, 'running');
  fleet.build('b', UPDATE);
  const { canaries } = fleet;
  assert.deepEqual([canaries.length, wanted()], [3, 3]);
  fleet.say(canaries, 'running');
  const old = fleet.live.find(({ id }) => canaries.every((canary) => canary.id !== id));
  assert.ok(old !== undefined);
  const down = { status: 'down', description: '', seed: 'down', at: world.now } as const;
  world.do({ type: 'node.status', nodeId: old.nodeId, ...down });
  world.settle();
  // A share of five would be two.
  fleet.say(canaries.slice(0, 1), 'failed');
  assert.deepEqual([fleet.live.length, fleet.canaries.length, wanted()], [5, 3, 3]);
});

test('promoted within the pause after its canaries, a rollout goes on when that is over', () => {
  const fleet = new Fleet(4);
  const { world } = fleet;
  const update = { ...UPDATE, maxParallel: 1, canary: 25, staggerMs: 30_000 };
  fleet.build('a', update);
  fleet.say(fleet.live, 'running');
  fleet.build('b', update);
  const { canaries } = fleet;
  assert.equal(canaries.length, 1);
  fleet.say(canaries, 'running');
  const job = world.state.job(DEFAULT_NAMESPACE, WEB);
  const rollout = world.state.latestDeployment(DEFAULT_NAMESPACE, WEB);
  assert.ok(job !== undefined && rollout !== undefined);
  const promoted = newEvaluation(uuid('prom', 1) as EvalId, job, 'deployment-watcher', world.now);
  const about = { at: world.now, deploymentId: rollout.id, evaluation: promoted };
  world.do({ type: 'deployment.promote', ...about });
  world.settle();
  const waiting = [...world.state.evalsByJob(DEFAULT_NAMESPACE, WEB)].filter(
    ({ status, triggeredBy }) => status === 'pending' && triggeredBy === 'rolling-update',
  );
  assert.deepEqual(
    waiting.map(({ waitUntil }) => waitUntil),
    [world.now + 30_000],
  );
});
