import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpRequest } from '../../ports/http.ts';
import { aboutOwnNode } from './own-node.ts';

const sent = new TextEncoder().encode('{}');
const { signal } = new AbortController();

function request(query: string): HttpRequest {
  return {
    ...{ method: 'POST', path: '/', query, params: {}, headers: { a: 'b' }, remoteAddress: 'r' },
    ...{ signal, body: () => Promise.resolve(sent) },
  };
}

test('a question about no node is about that of the agent that was asked', async () => {
  const rows: readonly (readonly [
    pattern: string,
    query: string,
    nodeId: string | undefined,
    expected: string,
  ])[] = [
    ['/v1/client/metadata', '', 'n1', 'node_id=n1'],
    ['/v1/client/stats', 'pretty', 'n1', 'pretty&node_id=n1'],
    ['/v1/client/gc', 'node_id=', 'n1', 'node_id=&node_id=n1'],
    ['/v1/client/gc', 'node_id=n2', 'n1', 'node_id=n2'],
    ['/v1/client/stats', '', undefined, ''],
    ['/v1/client/stats', '', '', ''],
    ['/v1/client/allocation/:id/stats', '', 'n1', ''],
  ];
  for (const [pattern, query, nodeId, expected] of rows) {
    const got = aboutOwnNode(request(query), pattern, nodeId);
    assert.equal(got.query, expected);
    assert.equal(got.method, 'POST');
    assert.equal(got.signal, signal);
    assert.equal(await got.body(), sent);
    assert.deepEqual(got.headers, { a: 'b' });
  }
});
