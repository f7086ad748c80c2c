/** How the simulated members lead, lose each other, and carry out what they are asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../../src/base/random.ts';
import { SimClock } from '../../src/sim/clock.ts';
import { SimReach } from '../../src/sim/reach.ts';
import { SimEtcd, type EtcdMember } from './etcd.ts';

/** Longer than an election takes [ms]. */
const ELECTED_MS = 5_000;

function newEtcd(): { etcd: SimEtcd; clock: SimClock; reach: SimReach } {
  const [clock, reach, random] = [new SimClock(), new SimReach(), seeded('etcd')];
  const etcd = new SimEtcd({ clock, random, reach, hosts: ['a', 'b', 'c'] });
  pass(clock, ELECTED_MS);
  return { etcd, clock, reach };
}

/** In steps, so that what falls due within finds its own time. */
function pass(clock: SimClock, ms: number): void {
  for (let left = ms; left > 0; left -= 50) clock.advance(Math.min(50, left));
}

function at(etcd: SimEtcd, host: string): EtcdMember {
  return etcd.memberAt(`${host}:2379`);
}

function leaderOf(etcd: SimEtcd): EtcdMember | undefined {
  return etcd.leader;
}

/** Asks a member for something; answers what became of it, as far as is known by now. */
function ask(etcd: SimEtcd, clock: SimClock, member: EtcdMember): { outcome: string } {
  const asked = { outcome: 'waits' };
  const run = (): void => void (asked.outcome = 'done');
  const fail = (why: string): void => void (asked.outcome = why);
  etcd.propose(member, { run, fail, sinceMs: clock.elapsedMs() });
  return asked;
}

test('one member leads as long as a majority hears it, whoever is cut off', () => {
  const { etcd, clock, reach } = newEtcd();
  const first = leaderOf(etcd);
  assert.ok(first !== undefined);
  const mend = reach.cutOff(first.host);
  assert.equal(leaderOf(etcd), undefined, 'it is not confirmed any more');
  pass(clock, ELECTED_MS);
  const next = leaderOf(etcd);
  assert.ok(next !== undefined && next.host !== first.host && etcd.isServing(next));
  assert.equal(etcd.isServing(first), false);
  mend();
  pass(clock, ELECTED_MS);
  assert.ok(etcd.isServing(first), 'it follows');
});

test('SE2: without a majority nothing is carried out; what waited is, or is told to have failed', () => {
  const { etcd, clock } = newEtcd();
  etcd.setUp('a', false);
  etcd.setPaused('b', true);
  pass(clock, ELECTED_MS);
  assert.equal(etcd.leader, undefined);
  const asked = Array.from({ length: 20 }, () => ask(etcd, clock, at(etcd, 'c')));
  pass(clock, ELECTED_MS);
  assert.deepEqual([...new Set(asked.map(({ outcome }) => outcome))], ['waits']);
  etcd.setPaused('b', false);
  pass(clock, ELECTED_MS);
  pass(clock, ELECTED_MS);
  const outcomes = new Set(asked.map(({ outcome }) => outcome));
  assert.deepEqual([...outcomes].sort(), ['done', 'etcdserver: request timed out']);
});

test('a member that is lost is replaced by one that votes once it has learnt', () => {
  const { etcd, clock } = newEtcd();
  const old = at(etcd, 'a');
  assert.equal(etcd.replace('a'), false, 'it is up');
  etcd.setUp('a', false);
  pass(clock, ELECTED_MS);
  assert.equal(etcd.replace('a'), true);
  const fresh = at(etcd, 'a');
  assert.ok(fresh.id !== old.id && fresh.isLearner && !etcd.canLead(fresh));
  assert.match(ask(etcd, clock, fresh).outcome, /learner/);
  pass(clock, ELECTED_MS);
  assert.ok(fresh.isLearner, 'it is not there to be told');
  etcd.setUp('a', true);
  pass(clock, ELECTED_MS);
  assert.ok(etcd.isServing(fresh) && etcd.members.every(({ isLearner }) => !isLearner));
});

test('SE2: without a majority no member is replaced', () => {
  const { etcd, clock } = newEtcd();
  etcd.setUp('a', false);
  etcd.setUp('b', false);
  pass(clock, ELECTED_MS);
  assert.equal(etcd.replace('a'), false);
});

test('a lease ends with its time unless it is kept, and not while nobody leads', () => {
  const { etcd, clock } = newEtcd();
  etcd.grantLease(7n, 1_000);
  const isThere = (): boolean => etcd.store.range({ key: 'k' }).pairs.length > 0;
  const put = { put: { key: 'k', value: Buffer.from('x'), lease: 7n } };
  etcd.change((store) => store.txn({ compare: [], success: [put] }));
  pass(clock, 900);
  assert.equal(etcd.keepLease(7n), 1_000);
  pass(clock, 900);
  assert.ok(isThere());
  const other = etcd.members.find(({ id }) => id !== etcd.leader?.id);
  etcd.moveLeader(other?.id ?? 0n);
  pass(clock, 900);
  assert.ok(isThere(), 'who leads anew gives all of it again');
  etcd.setUp('a', false);
  etcd.setUp('b', false);
  pass(clock, 10_000);
  assert.ok(isThere(), 'time stands still');
  etcd.setUp('a', true);
  pass(clock, ELECTED_MS);
  assert.ok(!isThere());
  assert.equal(etcd.keepLease(7n), 0);
});

test('a watch is told of what comes, and of what was before it; not of what is compacted', () => {
  const { etcd } = newEtcd();
  const put = (key: string): void => {
    etcd.change((store) =>
      store.txn({ compare: [], success: [{ put: { key, value: Buffer.from('') } }] }),
    );
  };
  put('k1');
  const range = { key: 'k', end: 'l' };
  const stream = etcd.open({ ...range, revision: 2 }, 'x', at(etcd, 'a'));
  put('k2');
  put('m');
  assert.deepEqual(
    stream.queue.flat().map(({ pair }) => pair.key),
    ['k1', 'k2'],
  );
  etcd.store.compact(3);
  const again = { ...range, revision: 2 };
  assert.throws(() => etcd.open(again, 'x', at(etcd, 'a')), { fault: 'not_found' });
});
