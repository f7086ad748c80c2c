import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../../base/brand.ts';
import { CoordinationWorld, sessionId } from '../../../test/coordination-world.ts';
import { isReadOnly, readTxn } from './apply-txn.ts';
import type { KvCheck, KvWrite, TxnOp } from './discovery-entry.ts';
import { lint } from './lint.ts';

const kv = (op: KvWrite | KvCheck): TxnOp => ({ of: 'kv', op });
const set = (key: string, value = 'dg=='): TxnOp => kv({ verb: 'set', key, value, flags: '0' });

test('X1: each operation sees what those before it did', () => {
  const world = new CoordinationWorld();
  const outcome = world.txn(
    kv({ verb: 'check-not-exists', key: 'a' }),
    set('a'),
    kv({ verb: 'get', key: 'a' }),
    set('tree/x'),
    kv({ verb: 'get-tree', key: 'tree/' }),
    kv({ verb: 'delete-tree', key: 'tree/' }),
    kv({ verb: 'get-tree', key: 'tree/' }),
    kv({ verb: 'delete', key: 'a' }),
    kv({ verb: 'get-or-empty', key: 'a' }),
  );
  assert.ok(outcome.ok);
  const told = outcome.results?.map((each) =>
    each.of === 'kv' ? `${each.pair.key}${each.withValue ? `=${each.pair.value}` : ''}` : '',
  );
  assert.deepEqual(told, ['a', 'a=dg==', 'tree/x', 'tree/x=dg==', 'a=']);
  assert.equal(world.state.tables.kv.size, 0);
});

test('X2: a failure undoes all, and each failure is told', () => {
  const world = new CoordinationWorld();
  world.session(1);
  world.set('old');
  const hash = world.state.hash;
  const outcome = world.txn(
    set('new'),
    kv({ verb: 'cas', key: 'old', value: '', flags: '0', index: 1 as Index }),
    { of: 'session', verb: 'delete', id: sessionId(1) },
    kv({ verb: 'get', key: 'none' }),
  );
  assert.equal(world.state.hash, hash);
  assert.ok(!outcome.ok);
  assert.deepEqual(outcome.failures, [
    { op: 1, message: 'failed to set key "old", index is stale' },
    { op: 3, message: 'key "none" doesn\'t exist' },
  ]);
});

test('what each question answers', () => {
  const world = new CoordinationWorld();
  world.session(1);
  world.lock('held', 1);
  world.set('free');
  const at = world.pair('free').modifyIndex;
  const key = 'free';
  const rows: readonly [op: KvCheck, problem: RegExp | undefined][] = [
    [{ verb: 'get', key }, undefined],
    [{ verb: 'check-index', key, index: at }, undefined],
    [{ verb: 'check-index', key, index: 1 as Index }, /current modify index \d+ != 1/],
    [{ verb: 'check-index', key: 'none', index: at }, /doesn't exist/],
    [{ verb: 'check-not-exists', key: 'none' }, undefined],
    [{ verb: 'check-not-exists', key }, /key "free" exists/],
    [{ verb: 'check-session', key: 'held', session: sessionId(1) }, undefined],
    [{ verb: 'check-session', key, session: sessionId(1) }, /current session "" != "73657373/],
    [{ verb: 'check-session', key: 'none', session: sessionId(1) }, /doesn't exist/],
    [{ verb: 'get-tree', key: 'none/' }, undefined],
  ];
  for (const [op, problem] of rows) {
    const ops = [kv(op)];
    assert.equal(isReadOnly(ops), true);
    const [failure] = readTxn(world.state, ops).failures;
    if (problem === undefined) assert.equal(failure, undefined);
    else assert.match(failure?.message ?? '', problem);
  }
});

test('locks, sessions and the catalog take part', () => {
  const world = new CoordinationWorld({ up: 'passing' });
  world.session(1);
  world.session(2);
  const lock = (n: number): TxnOp =>
    kv({ verb: 'lock', key: 'l', value: '', flags: '0', session: sessionId(n) });
  assert.equal(world.txn(lock(1), lock(2)).ok, false);
  assert.equal(world.txn(lock(1), set('other')).ok, true);
  assert.equal(world.pair('l').session, sessionId(1));
  const handOver = world.txn({ of: 'session', verb: 'delete', id: sessionId(1) }, lock(2));
  assert.equal(handOver.ok, true);
  assert.equal(world.pair('l').session, sessionId(2));
  assert.equal(isReadOnly([lock(1)]), false);
  assert.deepEqual(lint(world.state), []);
});
