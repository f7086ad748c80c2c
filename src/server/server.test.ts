import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Index, Millis } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { seeded } from '../base/random.ts';
import type { JobId, NodeId } from '../core/model/ids.ts';
import { DEFAULT_NAMESPACE } from '../core/model/ids.ts';
import { readEval, readJobAllocs } from '../core/state/reads.ts';
import { systemClock } from '../io/clock.ts';
import type { AllocUpdate, PullReply } from '../ports/server-link.ts';
import { leadingReplica, type LeadingReplica } from '../../test/replica-world.ts';
import { group, jobSpec, nodeFacts } from '../../test/state-world.ts';
import type { Replica } from './replica.ts';
import { Server } from './server.ts';

/** A server that leads, over a log in memory. */
interface Running extends LeadingReplica, AsyncDisposable {
  readonly server: Server;
  readonly notes: string[];
}

function start(options: { ttlMs?: number; graceMs?: number } = {}): Running {
  const { log, replica } = leadingReplica();
  const notes: string[] = [];
  const server = new Server(
    { heartbeatTtlMsMin: options.ttlMs ?? 10_000, heartbeatGraceMs: options.graceMs ?? 10_000 },
    {
      log,
      replica,
      clock: systemClock,
      random: seeded('server'),
      newId: randomUUID,
      note: (line) => notes.push(line),
      servers: () => ['127.0.0.1:4647'],
    },
  );
  const stop = new AbortController();
  const running = server.run(stop.signal);
  return {
    server,
    replica,
    log,
    notes,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await log.close();
    },
  };
}

const never = new AbortController().signal;

async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`);
    await delay(5);
  }
}

const key = (id: string): { namespace: typeof DEFAULT_NAMESPACE; id: JobId } => ({
  namespace: DEFAULT_NAMESPACE,
  id: id as JobId,
});

function allocsOf(replica: Replica, id: string): ReturnType<Replica['state']['allocsByJob']>[] {
  return [...replica.state.allocsByJob(DEFAULT_NAMESPACE, id as JobId)] as never;
}

async function registerNodes(server: Server, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await server.link.registerNode(nodeFacts(n), never);
}

function report(reply: PullReply, status: 'running' | 'failed' | 'complete'): AllocUpdate[] {
  return reply.allocs
    .filter(({ alloc }) => alloc.desiredStatus === 'run')
    .map(({ alloc }) => ({
      id: alloc.id,
      clientStatus: status,
      clientDescription: '',
      taskStates: {},
      ...(status === 'running' &&
        alloc.deploymentId !== undefined && {
          deploymentStatus: { healthy: true, at: systemClock.now() },
        }),
      at: systemClock.now(),
    }));
}

test('a registered job is placed, pulled, reported and stopped', async () => {
  await using running = start();
  const { server, replica } = running;
  await registerNodes(server, 3);
  const spec = jobSpec('web', { groups: [group({ count: 5 })] });
  const reply = await server.operations.registerJob(spec);
  assert.ok(reply.evalId !== undefined);
  const done = await server.operations.query(
    readEval(reply.evalId),
    { after: reply.index, waitMs: 20_000 },
    never,
  );
  assert.equal(done.value?.status, 'complete', running.notes.join('\n'));
  assert.equal(allocsOf(replica, 'web').length, 5);
  const facts = nodeFacts(0);
  const pull = { nodeId: facts.id, secretId: facts.secretId, after: 0 as Index, waitMs: 20_000 };
  const pulled = await server.link.pullAllocs(pull, never);
  assert.ok(pulled.allocs.length > 0);
  await server.link.updateAllocs(facts.id, facts.secretId, report(pulled, 'running'), never);
  assert.equal(replica.state.job(DEFAULT_NAMESPACE, 'web' as JobId)?.status, 'running');
  // Its own report does not wake the client; the stop does.
  const next = server.link.pullAllocs({ ...pull, after: pulled.index }, never);
  await server.operations.deregisterJob(key('web'), { purge: false });
  const stopped = await next;
  assert.ok(stopped.index > pulled.index);
  assert.ok(stopped.allocs.every(({ alloc }) => alloc.desiredStatus === 'stop'));
});

/** A node with an allocation of job `web`, which its client has pulled. */
async function withAnAlloc({ server }: Pick<Running, 'server'>) {
  const facts = nodeFacts(0);
  await server.link.registerNode(facts, never);
  await server.operations.registerJob(jobSpec('web'));
  const pull = { nodeId: facts.id, secretId: facts.secretId, after: 1 as Index, waitMs: 20_000 };
  return { facts, pull, first: await server.link.pullAllocs(pull, never) };
}

test('a client that holds its allocations is sent those that are new to it', async () => {
  await using running = start();
  const { server } = running;
  const { facts, pull, first } = await withAnAlloc(running);
  const ids = first.allocs.map(({ alloc }) => alloc.id);
  assert.ok(ids.length > 0);
  const after = first.index;
  await server.link.updateAllocs(facts.id, facts.secretId, report(first, 'running'), never);
  const asked = { ...pull, after, brief: true };
  const held = await server.link.pullAllocs({ ...asked, waitMs: 1 }, never);
  assert.deepEqual(held.allocs, [], 'what it reported itself is no news');
  assert.deepEqual(held.kept, ids);
  await server.link.updateAllocs(facts.id, facts.secretId, report(first, 'complete'), never);
  const ended = await server.link.pullAllocs({ ...asked, waitMs: 1 }, never);
  assert.deepEqual(ended.kept, [], 'an end may have been told by an earlier life');
});

test('a client that understands changes is told nothing else', async () => {
  await using running = start();
  const { server } = running;
  const { facts, pull, first } = await withAnAlloc(running);
  const asked = { ...pull, brief: true, changes: true, after: first.index };
  const nothing = await server.link.pullAllocs({ ...asked, waitMs: 1 }, never);
  assert.deepEqual(nothing, { index: first.index, allocs: [], removed: [], count: 1 });
  await server.link.updateAllocs(facts.id, facts.secretId, report(first, 'running'), never);
  const next = server.link.pullAllocs(asked, never);
  await server.operations.registerJob(jobSpec('api'));
  const second = await next;
  assert.deepEqual(
    second.allocs.map(({ alloc }) => alloc.jobId),
    ['api'],
  );
  assert.deepEqual([second.removed, second.count], [[], 2]);
  await server.operations.deregisterJob(key('web'), { purge: true });
  const stopped = await server.link.pullAllocs({ ...asked, after: second.index }, never);
  assert.deepEqual(
    stopped.allocs.map(({ alloc }) => [alloc.jobId, alloc.desiredStatus]),
    [['web', 'stop']],
  );
  await server.link.updateAllocs(facts.id, facts.secretId, report(first, 'complete'), never);
  const gone = server.link.pullAllocs({ ...asked, after: stopped.index }, never);
  await server.operations.collectGarbage();
  const { removed, count } = await gone;
  assert.deepEqual([removed, count], [first.allocs.map(({ alloc }) => alloc.id), 1]);
  const elsewhere = { ...asked, after: 1_000_000 as Index, waitMs: 1 };
  const all = await server.link.pullAllocs(elsewhere, never);
  assert.equal(all.removed, undefined, 'what another log told is not known here');
});

test('what does not fit is blocked, and placed when a node comes', async () => {
  await using running = start();
  const { server, replica } = running;
  const reply = await server.operations.registerJob(jobSpec('web'));
  const { evalId } = reply;
  assert.ok(evalId !== undefined);
  await until('blocked', () => [...replica.state.openEvals('blocked')].length === 1);
  assert.equal(replica.state.job(DEFAULT_NAMESPACE, 'web' as JobId)?.status, 'pending');
  await registerNodes(server, 1);
  await until('placed', () => allocsOf(replica, 'web').length === 1);
  await until('unblocked', () => [...replica.state.openEvals('blocked')].length === 0);
});

test('a silent node is called down, and its work goes on elsewhere', async () => {
  await using running = start({ ttlMs: 40, graceMs: 40 });
  const { server, replica } = running;
  await registerNodes(server, 2);
  await server.operations.registerJob(jobSpec('web'));
  const first = await until('placed', () => [...replica.state.allocs()][0]);
  const other = nodeFacts(first.nodeId === nodeFacts(0).id ? 1 : 0);
  const beating = setInterval(() => {
    server.link.heartbeat(other.id, other.secretId, never).catch(() => undefined);
  }, 10);
  try {
    await until('lost', () => replica.state.alloc(first.id)?.clientStatus === 'lost');
    assert.equal(replica.state.node(first.nodeId)?.status, 'down');
    const replacement = await until('replaced', () =>
      [...replica.state.allocs()].find(({ id }) => id !== first.id),
    );
    assert.equal(replacement.nodeId, other.id);
    // A sign of life brings the node back.
    const facts = nodeFacts(first.nodeId === nodeFacts(0).id ? 0 : 1);
    await server.link.heartbeat(facts.id, facts.secretId, never);
    assert.equal(replica.state.node(facts.id)?.status, 'ready');
  } finally {
    clearInterval(beating);
  }
});

test('a drained node gives its work away and the drain ends', async () => {
  await using running = start();
  const { server, replica } = running;
  await registerNodes(server, 2);
  await server.operations.registerJob(jobSpec('web', { groups: [group({ count: 3 })] }));
  await until('placed', () => allocsOf(replica, 'web').length === 3);
  const nodeId = [...replica.state.allocs()][0]?.nodeId as NodeId;
  await server.operations.drainNode(nodeId, {
    drain: { deadlineMs: -1, ignoreSystemJobs: false },
    markEligible: false,
  });
  await until('moved', () =>
    [...replica.state.allocsByNode(nodeId)].every(({ desiredStatus }) => desiredStatus === 'stop'),
  );
  const facts = nodeFacts([0, 1].find((n) => nodeFacts(n).id === nodeId) ?? 0);
  const pulled = await server.link.pullAllocs(
    { nodeId, secretId: facts.secretId, after: 0 as Index, waitMs: 0 },
    never,
  );
  const ended = pulled.allocs.map(({ alloc }) => ({
    id: alloc.id,
    clientStatus: 'complete' as const,
    clientDescription: '',
    taskStates: {},
    at: systemClock.now(),
  }));
  await server.link.updateAllocs(nodeId, facts.secretId, ended, never);
  await until('drained', () => replica.state.node(nodeId)?.drain === undefined);
  assert.equal(replica.state.node(nodeId)?.eligibility, 'ineligible');
});

test('a plan tells what would be placed, and changes nothing', async () => {
  await using running = start();
  const { server, replica } = running;
  await registerNodes(server, 1);
  await until('leading', () => server.operations.stats().leading);
  const before = replica.state.index;
  const plan = await server.operations.planJob(jobSpec('web', { groups: [group({ count: 4 })] }));
  assert.equal(plan.annotations.desired['web']?.place, 4);
  assert.equal(plan.jobModifyIndex, 0);
  assert.equal(plan.previous, undefined);
  assert.equal(replica.state.index, before);
});

test('a read waits for what it read, and for nothing else', async () => {
  await using running = start();
  const { server } = running;
  const first = await server.operations.query(
    readJobAllocs(DEFAULT_NAMESPACE, 'absent' as JobId, true),
    {},
    never,
  );
  assert.equal(first.index, 1);
  let answered = false;
  const stop = new AbortController();
  const waiting = Promise.resolve(
    server.operations.query(
      readJobAllocs(DEFAULT_NAMESPACE, 'absent' as JobId, true),
      { after: first.index, waitMs: 60_000 },
      stop.signal,
    ),
  ).then(
    () => (answered = true),
    (error: unknown) => error,
  );
  await server.operations.registerJob(jobSpec('other'));
  await registerNodes(server, 1);
  await until('other placed', () => allocsOf(running.replica, 'other').length === 1);
  assert.equal(answered, false);
  stop.abort();
  const error = await waiting;
  assert.ok(error instanceof Failure && error.fault === 'canceled');
  assert.equal(server.operations.stats().parkedQueries, 0);
});

test('refusals are failures in the words of who asked', async () => {
  await using running = start();
  const { server } = running;
  await assert.rejects(
    server.operations.deregisterJob(key('absent'), { purge: false }),
    (error) => error instanceof Failure && error.fault === 'not_found',
  );
  await server.operations.registerJob(jobSpec('web'));
  await assert.rejects(
    server.operations.registerJob(jobSpec('web'), { ifModifyIndex: 0 as Index }),
    /Enforcing job modify index 0: job already exists/,
  );
  await assert.rejects(
    server.link.heartbeat('nobody' as NodeId, '', never),
    (error) => error instanceof Failure && error.fault === 'not_found',
  );
});

test('a periodic job is launched by hand and by its schedule', async () => {
  await using running = start();
  const { server, replica } = running;
  await registerNodes(server, 1);
  const spec = jobSpec('tick', {
    type: 'batch',
    periodic: {
      enabled: true,
      specs: ['* * * * * *'],
      specType: 'cron',
      prohibitOverlap: false,
      timeZone: 'UTC',
    },
  });
  const reply = await server.operations.registerJob(spec);
  assert.equal(reply.evalId, undefined);
  await until('launched', () => [...replica.state.jobsByParent(DEFAULT_NAMESPACE, spec.id)][0]);
  const forced = await server.operations.forcePeriodic(key('tick'));
  assert.match(forced.childId, /^tick\/periodic-\d+$/);
  await until('placed', () => allocsOf(replica, forced.childId).length === 1);
  const plan = await server.operations.planJob(spec);
  assert.ok((plan.nextPeriodicLaunchAt ?? 0) > (0 as Millis));
});
