import test from 'node:test';
import { checkRows } from '../evaluating.fixture.ts';
import { TEXT } from './text.ts';

test('functions of text', () => {
  checkRows(TEXT, [
    ['chomp("a\\n\\n")', '"a"'],
    ['indent(2, "a\\nb")', '"a\\n  b"'],
    ['join("-", ["a", "b"], ["c"])', '"a-b-c"'],
    ['[lower("AbC"), upper("aé"), title("hello world-wide")]', '["abc","AÉ","Hello World-Wide"]'],
    ['regex("[a-z]+", "12ab3")', '"ab"'],
    ['regex("(\\\\d+)-(\\\\d+)", "1-22")', '["1","22"]'],
    ['regex("(?P<y>\\\\d+)", "a12")', '{"y":"12"}'],
    ['regexall("[a-z]", "1a2b")', '["a","b"]'],
    ['regex_replace("a-b", "(\\\\w)-(\\\\w)", "$2-$${1}$$")', '"b-a$"'],
    ['replace("a.b.c", ".", "-")', '"a-b-c"'],
    ['split(",", "a,b")', '["a","b"]'],
    [
      '[strlen("añ👩‍👩‍👧‍👦"), strrev("abc"), substr("hello", 1, 3), substr("hello", -3, -1)]',
      '[3,"cba","ell","llo"]',
    ],
    [
      '[trim("xxaxx", "x"), trimprefix("aab", "a"), trimsuffix("baa", "a"), trimspace(" a ")]',
      '["a","ab","ba","a"]',
    ],
    [
      'regex("(", "x")',
      'x:1,7-10: Invalid function argument; Invalid value for "pattern" parameter: error parsing',
    ],
    [
      'regex("a", "x")',
      'x:1,1-16: Error in function call; Call to function "regex" failed: pattern did not match',
    ],
    ['regexall("a(b)?", "abaa")', '[["b"],[null],[null]]'],
    [
      'join(",", [null])',
      'x:1,11-17: Invalid function argument; Invalid value for "lists" parameter: element 0 is null.',
    ],
    [
      'substr("abc", 1.5, 1)',
      'x:1,15-18: Invalid function argument; Invalid value for "offset" parameter: a whole',
    ],
    ['[split("", "ab"), split(",", "")]', '[["a","b"],[""]]'],
  ]);
});
