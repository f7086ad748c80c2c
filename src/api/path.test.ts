import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalPath } from './path.ts';

test('slashes inside a job id are escaped, those after it are not', () => {
  for (const [path, expected] of [
    ['/v1/jobs', '/v1/jobs'],
    ['/v1/job/web', '/v1/job/web'],
    ['/v1/job/web/plan', '/v1/job/web/plan'],
    ['/v1/job/a/b', '/v1/job/a%2Fb'],
    ['/v1/job/a/b/allocations', '/v1/job/a%2Fb/allocations'],
    ['/v1/job/a%2Fb/allocations', '/v1/job/a%2Fb/allocations'],
    ['/v1/job/batch/dispatch-1-x/periodic/force', '/v1/job/batch%2Fdispatch-1-x/periodic/force'],
    ['/v1/job/a/plan/plan', '/v1/job/a%2Fplan/plan'],
    ['/v1/job/plan', '/v1/job/plan'],
    ['/v1/job/a/b/versions/x/tag', '/v1/job/a%2Fb/versions/x/tag'],
    ['/v1/job//plan', '/v1/job/%2Fplan'],
    ['/v1/allocation/x/y', '/v1/allocation/x/y'],
  ] as const) {
    assert.equal(canonicalPath(path), expected, path);
  }
});

test('escaped ids keep their place', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (id) => {
      const path = `/v1/job/${encodeURIComponent(id)}/summary`;
      assert.equal(canonicalPath(path), path);
    }),
  );
});
