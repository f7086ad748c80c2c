import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { seeded } from '../base/random.ts';
import { DEFAULT_NAMESPACE, type JobId } from '../core/model/ids.ts';
import type { Entry } from '../core/state/entry.ts';
import { lint } from '../core/state/lint.ts';
import type { Outcome } from '../core/state/outcome.ts';
import { systemClock } from '../io/clock.ts';
import { entryCodec } from '../io/log/entry-codec.ts';
import type { Evaluations } from '../ports/evaluations.ts';
import { SimLogCell, type SimLog } from '../sim/log.ts';
import { leadingReplica } from '../../test/replica-world.ts';
import { group, jobSpec, nodeFacts } from '../../test/state-world.ts';
import type { Millis } from '../base/brand.ts';
import type { EvalId } from '../core/model/ids.ts';
import { newEvaluation } from '../core/state/new-evaluation.ts';
import { EvalQueue } from './eval-queue.ts';
import { Replica } from './replica.ts';
import { Server } from './server.ts';

const JOBS = 40;
const COUNT = 5;
const never = new AbortController().signal;

interface Member {
  readonly server: Server;
  readonly replica: Replica;
  readonly log: SimLog<Entry, Outcome>;
}

/** Servers that share a log; the first leads, and the others help whoever `leader` says. */
class Members implements AsyncDisposable {
  readonly all: Member[] = [];
  readonly cell = new SimLogCell<Entry>({ codec: entryCodec<Entry>(), random: seeded('log') });
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];

  add(evaluations?: Evaluations): Member {
    const replica = new Replica();
    const log = this.cell.member<Outcome>(replica.apply, replica.state.index);
    if (this.all.length === 0) this.cell.elect(log);
    const random = seeded(`server ${this.all.length}`);
    const world = { clock: systemClock, newId: randomUUID, note: () => undefined };
    const server = new Server(
      {},
      { log, replica, random, ...world, servers: () => [], ...(evaluations && { evaluations }) },
    );
    this.#running.push(server.run(this.#stop.signal));
    const member = { server, replica, log };
    this.all.push(member);
    return member;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
    for (const { log } of this.all) await log.close();
  }
}

async function until(what: string, look: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!look()) {
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`);
    await delay(5);
  }
}

function placed({ state }: Replica, id: string): number {
  return [...state.allocsByJob(DEFAULT_NAMESPACE, id as JobId)].length;
}

async function registerJobs({ server }: Member, count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, i) => `job-${i}`);
  const specs = ids.map((id) => jobSpec(id, { groups: [group({ count: COUNT })] }));
  await Promise.all(specs.map((spec) => server.operations.registerJob(spec)));
}

test('servers that follow decide what waits, and nothing is given away twice', async () => {
  await using members = new Members();
  const leader = members.add();
  const taken: string[] = [];
  const counted: Evaluations = {
    take: async (signal) => {
      const next = await leader.server.evaluations.take(signal);
      if (next !== undefined) taken.push(next.id);
      return next;
    },
    submit: (...args) => leader.server.evaluations.submit(...args),
    giveBack: (...args) => leader.server.evaluations.giveBack(...args),
  };
  await until('it leads', () => leader.server.operations.stats().leading);
  const followers = [members.add(counted), members.add(counted)];
  for (let n = 0; n < 12; n++) await leader.server.link.registerNode(nodeFacts(n), never);
  await registerJobs(leader, JOBS);
  await until(
    'every evaluation is decided',
    () => [...leader.replica.state.openEvals('pending')].length === 0,
  );
  const { state } = leader.replica;
  for (const note of lint(state)) assert.fail(note.message);
  assert.ok(taken.length > 0, 'the others helped');
  assert.equal(new Set(taken).size, taken.length);
  await until('all are at the same index', () =>
    followers.every(({ replica }) => replica.state.index === leader.replica.state.index),
  );
  for (const { replica } of followers) assert.equal(replica.state.hash, state.hash);
});

test('a single evaluation is decided where the leader is', async () => {
  await using members = new Members();
  const leader = members.add();
  await until('it leads', () => leader.server.operations.stats().leading);
  const stop = new AbortController();
  const waiting = leader.server.evaluations.take(stop.signal);
  await leader.server.link.registerNode(nodeFacts(1), never);
  await registerJobs(leader, 1);
  await until('it is placed', () => placed(leader.replica, 'job-0') === COUNT);
  stop.abort();
  assert.equal(await waiting, undefined);
});

test('what a leader gave out is nobody’s when it leads no more', async () => {
  await using members = new Members();
  const leader = members.add();
  const other = members.add();
  await until('it leads', () => leader.server.operations.stats().leading);
  await leader.server.link.registerNode(nodeFacts(1), never);
  const { evaluations } = leader.server;
  const taking = evaluations.take(never);
  await registerJobs(leader, JOBS);
  const taken = await taking;
  assert.ok(taken !== undefined);
  members.cell.elect(other.log);
  await until('the other leads', () => other.server.operations.stats().leading);
  await assert.rejects(evaluations.take(never), { fault: 'unavailable' });
  const decision = { evaluation: taken.evaluation, followUps: [] };
  const late = await evaluations.submit(taken, decision, never);
  assert.equal(late.progress, 'lost');
  const elsewhere = await other.server.evaluations.submit(taken, decision, never);
  assert.equal(elsewhere.progress, 'lost');
  await until(
    'the new leader decides it',
    () => [...other.replica.state.openEvals('pending')].length === 0,
  );
});

test('what is given back is decided by somebody else', async () => {
  await using members = new Members();
  const leader = members.add();
  await until('it leads', () => leader.server.operations.stats().leading);
  await leader.server.link.registerNode(nodeFacts(1), never);
  const { evaluations } = leader.server;
  const taking = evaluations.take(never);
  await registerJobs(leader, JOBS);
  const taken = await taking;
  assert.ok(taken !== undefined);
  assert.ok(taken.index >= taken.evaluation.modifyIndex);
  await evaluations.giveBack(taken, 'for the test');
  await until('all are decided', () => [...leader.replica.state.openEvals('pending')].length === 0);
  const late = await evaluations.submit(
    taken,
    { evaluation: taken.evaluation, followUps: [] },
    never,
  );
  assert.equal(late.progress, 'lost');
});

test('Q2: what is given back while it is written is not decided again beside that', async () => {
  const { log, replica } = leadingReplica();
  const now = systemClock.now();
  const [first, second] = [randomUUID(), randomUUID()].map((id) =>
    newEvaluation(id as EvalId, jobSpec('web'), 'node-update', now),
  );
  assert.ok(first !== undefined && second !== undefined);
  await log.append([{ type: 'evals.upsert', at: now, evals: [first] }], never);
  let write = (): void => undefined;
  const slow: typeof log.append = async (...args) => {
    await new Promise<void>((resolve) => (write = resolve));
    return log.append(...args);
  };
  const queue = new EvalQueue({
    log: Object.assign(Object.create(log) as typeof log, { append: slow }),
    ...{ replica, clock: systemClock, newId: randomUUID, note: () => undefined },
  });
  const stop = new AbortController();
  const running = queue.run(stop.signal);
  const taken = await queue.take(never);
  assert.equal(taken?.id, first.id);
  await log.append([{ type: 'evals.upsert', at: now, evals: [second] }], never);
  const decision = { evaluation: { ...first, status: 'complete' as const }, followUps: [] };
  const submitting = queue.submit(taken, decision);
  await queue.giveBack(taken, 'who decided it is gone');
  let isTaken = false;
  const next = queue.take(never).then((other) => {
    isTaken = true;
    return other;
  });
  await delay(0);
  assert.equal(isTaken, false);
  assert.equal((await queue.submit(taken, decision)).progress, 'lost');
  write();
  assert.equal((await submitting).progress, 'done');
  assert.equal((await next)?.id, second.id);
  stop.abort();
  await running;
  await log.close();
});

test('what is not due yet is given to who came before it was, though nothing else happens', async () => {
  const { log, replica } = leadingReplica();
  const now = systemClock.now();
  const id = randomUUID() as EvalId;
  const waitUntil = (now + 300) as Millis;
  const evals = [{ ...newEvaluation(id, jobSpec('web'), 'alloc-failure', now), waitUntil }];
  await log.append([{ type: 'evals.upsert', at: now, evals }], never);
  const clock = systemClock;
  const queue = new EvalQueue({ log, replica, clock, newId: randomUUID, note: () => undefined });
  const stop = new AbortController();
  const running = queue.run(stop.signal);
  // The loop is asleep by now.
  await delay(0);
  const taken = await queue.take(AbortSignal.timeout(60_000));
  stop.abort();
  await running;
  await log.close();
  assert.equal(taken?.id, id);
});
