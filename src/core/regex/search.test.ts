import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { cpuMs } from '../../../test/cpu-time.ts';
import { compileRegex, searchAllRegex, searchRegex } from './search.ts';

function found(
  pattern: string,
  text: string,
): readonly (string | undefined)[] | string | undefined {
  const regex = compileRegex(pattern);
  if ('problem' in regex) return regex.problem;
  const match = searchRegex(regex, text, 0);
  if (match === undefined) return undefined;
  if ('problem' in match) return match.problem;
  const groups = regex.groups.map((_, i) => {
    const group = match.groups[i];
    return group === undefined ? undefined : text.slice(...group);
  });
  return [text.slice(match.start, match.end), ...groups];
}

test('patterns find what Go finds', () => {
  const rows: readonly (readonly [string, string, ReturnType<typeof found>])[] = [
    ['a+b', 'xaab', ['aab']],
    ['a|ab', 'ab', ['a']],
    ['(a|ab)(c|bcd)', 'abcd', ['abcd', 'a', 'bcd']],
    ['(?P<y>[0-9]{4})-(\\d\\d)', 'on 2026-11-21', ['2026-11', '2026', '11']],
    ['a*?b', 'aab', ['aab']],
    ['<.*?>', '<a><b>', ['<a>']],
    ['(?U)<.*>', '<a><b>', ['<a>']],
    ['(?i)straße', 'STRAßE', ['STRAßE']],
    ['^b', 'a\nb', undefined],
    ['(?m)^b$', 'a\nb\nc', ['b']],
    ['a.c', 'a\nc', undefined],
    ['(?s)a.c', 'a\nc', ['a\nc']],
    ['\\bfoo\\b', 'a foo b', ['foo']],
    ['[[:alpha:]_-]+', '12ab-c_3', ['ab-c_']],
    ['[^]a]', ']ab', ['b']],
    ['\\pL+', '12éa', ['éa']],
    ['\\p{Greek}', 'aλ', ['λ']],
    ['\\Qa.b\\E+', 'a.bb', ['a.bb']],
    ['\\x41\\x{1F600}', 'A😀', ['A😀']],
    ['(a)|(b)', 'b', ['b', undefined, 'b']],
    ['x{2,3}', 'xxxx', ['xxx']],
    ['(a)\\1', 'aa', 'error parsing regexp: invalid escape sequence: \\1'],
    ['(?=a)', 'a', 'error parsing regexp: invalid or unsupported Perl syntax: (?'],
    ['(', '', 'error parsing regexp: missing closing )'],
    ['a)', '', 'error parsing regexp: unexpected )'],
    ['[z-a]', '', 'error parsing regexp: invalid character class range'],
    ['*', '', 'error parsing regexp: missing argument to repetition operator: *'],
    ['((a{100}){100}){100}', '', 'error parsing regexp: expression too large'],
  ];
  for (const [pattern, text, expected] of rows) {
    assert.deepEqual(found(pattern, text), expected, pattern);
  }
});

test('a pattern that makes a backtracking engine hang is answered at once', () => {
  const started = cpuMs();
  assert.equal(found('(a+)+$', `${'a'.repeat(5000)}b`), undefined);
  assert.equal(found('(x+x+)+y', 'x'.repeat(2000)), undefined);
  assert.ok(cpuMs() - started < 5000);
});

test('simple patterns find what the platform finds', () => {
  const atom = fc.constantFrom(
    'a',
    'b',
    'c',
    '.',
    '[ab]',
    '(a|b)',
    'x?',
    '(?:ab)+',
    'b*',
    'c{1,2}',
  );
  const pattern = fc.array(atom, { minLength: 1, maxLength: 5 }).map((atoms) => atoms.join(''));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'x'), maxLength: 12 });
  fc.assert(
    fc.property(pattern, text, (p, t) => {
      const theirs = new RegExp(p, 'u').exec(t);
      const ours = found(p, t);
      assert.deepEqual(Array.isArray(ours) ? ours[0] : ours, theirs?.[0]);
      const regex = compileRegex(p);
      assert.ok('program' in regex);
      const all = searchAllRegex(regex, t);
      assert.ok(Array.isArray(all));
    }),
    { numRuns: 500 },
  );
});
