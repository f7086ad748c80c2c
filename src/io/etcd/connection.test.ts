import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status as codes } from '@grpc/grpc-js';
import { Failure } from '../../base/failure.ts';
import { isPassing } from './repeat.ts';
import { failureOf } from './connection.ts';

test('what etcd says is told from what it does not say', () => {
  const rows: readonly [codes: codes | undefined, fault: string, passes: boolean][] = [
    [codes.UNAVAILABLE, 'unavailable', true],
    [codes.DEADLINE_EXCEEDED, 'timeout', true],
    [codes.CANCELLED, 'canceled', true],
    // "raft proposal dropped" comes as this: a log that gave up for it would end its agent
    [codes.UNKNOWN, 'unavailable', true],
    [codes.RESOURCE_EXHAUSTED, 'exhausted', false],
    [codes.PERMISSION_DENIED, 'denied', false],
    [codes.DATA_LOSS, 'internal', false],
    [undefined, 'internal', false],
  ];
  for (const [code, fault, passes] of rows) {
    const error = Object.assign(new Error('why'), { code });
    const failure = failureOf(error, '/etcdserverpb.KV/Txn', 'e:2379');
    assert.deepEqual([failure.fault, isPassing(failure)], [fault, passes], String(code));
    assert.equal(failure.message, 'etcd at e:2379 did not answer Txn');
  }
  const own = new Failure('conflict', 'ours');
  assert.equal(failureOf(own, 'm', 'e'), own);
});
