import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Namespace } from './ids.ts';
import { variableProblem } from './variable.ts';

test('what a variable may be', () => {
  const big = { a: 'x'.repeat(65_535) };
  const rows: readonly (readonly [string, Record<string, string>, RegExp | undefined])[] = [
    ['app/db', { user: 'u' }, undefined],
    ['a~b_c-d/E9', { 'any key.at all': '' }, undefined],
    ['nomad/jobs', { a: '1' }, undefined],
    ['nomad/jobs/shop/web', { a: '1' }, undefined],
    ['nomad/job-templates/x', { a: '1' }, undefined],
    ['app', big, undefined],
    ['app', { ...big, b: '' }, /64KiB/],
    ['app', { ä: 'x'.repeat(65_535) }, /64KiB/],
    ['app', {}, /empty variables/],
    ['', { a: '1' }, /requires path/],
    ['a.b', { a: '1' }, /invalid path "a.b"/],
    ['a@b', { a: '1' }, /invalid path/],
    ['x'.repeat(129), { a: '1' }, /invalid path/],
    ['nomad', { a: '1' }, /reserved/],
    ['nomad/job-templates', { a: '1' }, /reserved/],
    ['nomad/job-templates/x/y', { a: '1' }, /reserved/],
    ['nomad/other', { a: '1' }, /reserved/],
  ];
  for (const [path, items, expected] of rows) {
    const problem = variableProblem({ namespace: 'default' as Namespace, path, items });
    if (expected === undefined) assert.equal(problem, undefined, path);
    else assert.match(problem ?? '', expected, path);
  }
});

test('a namespace is one, and not all', () => {
  for (const namespace of ['*', '', 'a\0b', 'x'.repeat(200)] as Namespace[]) {
    assert.notEqual(variableProblem({ namespace, path: 'a', items: { a: '1' } }), undefined);
  }
});
