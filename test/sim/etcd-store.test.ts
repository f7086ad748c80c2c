/** What the simulated store must not get wrong; `test/e2e/etcd-model.test.ts` asks a real one as well. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Op, WatchEvent } from '../../src/io/etcd/messages.ts';
import { EtcdStore } from './etcd-store.ts';

const ALL = { key: 'a', end: 'z' };

function put(key: string, value = 'x', lease?: bigint): Op {
  return { put: { key, value: Buffer.from(value), ...(lease === undefined ? {} : { lease }) } };
}

/** Does steps in one transaction; answers the revision after it. */
function act(store: EtcdStore, ...success: readonly Op[]): number {
  return store.txn({ compare: [], success }).revision;
}

/** What watchers are told, one text for each revision. */
function told(store: EtcdStore, revision: number): readonly string[] {
  const text = ({ type, pair }: WatchEvent): string => `${type} ${pair.key}@${pair.modRevision}`;
  return store.eventsFrom({ ...ALL, revision }).map((events) => events.map(text).join(', '));
}

test('ES1: a transaction is one revision and told together; one that changes nothing is none', () => {
  const store = new EtcdStore();
  assert.equal(act(store, put('a'), put('b')), 2);
  assert.equal(act(store, { range: ALL }, { remove: { key: 'c' } }), 2);
  assert.equal(act(store, { remove: ALL }), 3);
  assert.deepEqual(told(store, 1), ['put a@2, put b@2', 'delete a@3, delete b@3']);
  assert.deepEqual(told(store, 3), ['delete a@3, delete b@3']);
  assert.deepEqual(told(store, 4), []);
});

test('a transaction compares what is there, and does one list or the other', () => {
  const store = new EtcdStore();
  act(store, put('a', 'old'));
  const rows = [
    [{ key: 'a', modRevision: 2 }, true],
    [{ key: 'a', modRevision: 0 }, false],
    [{ key: 'none', modRevision: 0 }, true],
    [{ key: 'a', value: Buffer.from('old') }, true],
    [{ key: 'a', value: Buffer.from('new') }, false],
    [{ key: 'none', value: Buffer.from('') }, false],
  ] as const;
  for (const [compare, isMet] of rows) {
    const failure = [{ range: { key: 'a' } }];
    const answer = store.txn({ compare: [compare], success: [], failure });
    assert.equal(answer.succeeded, isMet, JSON.stringify(compare));
    assert.equal(answer.found.length, isMet ? 0 : 1);
  }
});

test('a key remembers who made it and what changed it last, until it is deleted', () => {
  const store = new EtcdStore();
  act(store, put('a'));
  act(store, put('a'));
  const [first] = store.range({ key: 'a' }).pairs;
  assert.deepEqual([first?.createRevision, first?.modRevision], [2, 3]);
  act(store, { remove: { key: 'a' } });
  act(store, put('a'));
  const [again] = store.range({ key: 'a' }).pairs;
  assert.deepEqual([again?.createRevision, again?.modRevision], [5, 5]);
});

test('a range has an end that is not in it, a limit, and an order', () => {
  const store = new EtcdStore();
  act(store, put('c'), put('a'), put('b'), put('d'));
  const keys = (query: Parameters<EtcdStore['range']>[0]): string => {
    const { pairs, more } = store.range(query);
    return pairs.map(({ key }) => key).join('') + (more ? '+' : '');
  };
  assert.equal(keys({ key: 'a', end: 'd' }), 'abc');
  assert.equal(keys({ key: 'a', end: 'd', limit: 2 }), 'ab+');
  assert.equal(keys({ key: 'a', end: 'd', limit: 3 }), 'abc');
  assert.equal(keys({ key: 'a', end: 'd', limit: 2, descending: true }), 'cb+');
  assert.equal(keys({ key: 'a' }), 'a');
});

test('a lease takes its keys with it at once, but for those that were put without it since', () => {
  const store = new EtcdStore();
  store.grant(7n);
  act(store, put('b', 'x', 7n), put('a', 'x', 7n), put('c', 'x', 7n));
  act(store, put('c'));
  store.endLease(7n);
  assert.deepEqual(told(store, 4), ['delete a@4, delete b@4']);
  assert.throws(() => store.endLease(7n), { fault: 'not_found' });
});

test('what cannot be done is not begun: an ended lease, a key twice', () => {
  const store = new EtcdStore();
  const bad = [
    ['not_found', [put('a'), put('b', 'x', 7n)]],
    ['invalid', [put('a'), put('a', 'y')]],
    ['invalid', [put('b'), { remove: ALL }]],
  ] as const;
  for (const [fault, success] of bad) {
    assert.throws(() => store.txn({ compare: [], success }), { fault });
  }
  assert.deepEqual(store.range(ALL), { revision: 1, pairs: [], more: false });
});

test('ES2: compacted changes are told as such; of the revision itself deletions are lost', () => {
  const store = new EtcdStore();
  act(store, put('a'), put('b'));
  act(store, put('a'), { remove: { key: 'b' } });
  act(store, put('c'));
  assert.equal(store.compact(5), false, 'it lies ahead');
  assert.equal(store.compact(3), true);
  assert.equal(store.compact(3), false, 'it is done');
  assert.throws(() => told(store, 2), { fault: 'not_found', facts: { compactRevision: 3 } });
  assert.deepEqual(told(store, 3), ['put a@3', 'put c@4']);
  assert.deepEqual(
    store.range(ALL).pairs.map(({ key }) => key),
    ['a', 'c'],
  );
});

test('a transaction wants room where what it would do puts something', () => {
  const store = new EtcdStore();
  const compare = [{ key: 'a', modRevision: 0 }];
  assert.equal(store.wants({ compare, success: [put('a')] }), 'room');
  assert.equal(store.wants({ compare, success: [{ remove: ALL }], failure: [put('a')] }), 'none');
});
