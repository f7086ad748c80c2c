import assert from 'node:assert/strict';
import test from 'node:test';
import { parseRegex } from './syntax.ts';

test('groups are counted in the order of their brackets', () => {
  const tree = parseRegex('(a(?P<b>c))(?:d)(?<e>f)');
  assert.deepEqual('groups' in tree ? tree.groups : tree, [undefined, 'b', 'e']);
});

test('what is no pattern of this kind says why', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['a**', 'invalid nested repetition operator'],
    ['a{3,2}', 'invalid repeat count'],
    ['a{2000}', 'repeat counts can be 1000 at most'],
    ['[a', 'missing closing ]'],
    ['[[:nope:]]', 'invalid character class range: [:nope:]'],
    ['\\p{Nope}', 'invalid character class range: \\p{Nope}'],
    ['(?P<a>x)(?P<a>y)', 'duplicate group name: a'],
    ['(?<!a)', 'invalid or unsupported Perl syntax: (?'],
    [`${'('.repeat(200)}${')'.repeat(200)}`, 'the groups are nested too deep'],
  ];
  for (const [pattern, problem] of rows)
    assert.deepEqual(parseRegex(pattern), { problem }, pattern);
});
