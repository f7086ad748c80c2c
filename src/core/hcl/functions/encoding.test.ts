import test from 'node:test';
import { checkRows } from '../evaluating.fixture.ts';
import { ENCODING } from './encoding.ts';

test('functions that encode and decode', () => {
  checkRows(ENCODING, [
    ['[base64encode("hé"), base64decode("aMOp")]', '["aMOp","hé"]'],
    ['csvdecode("a,b\\n1,\\"x \\"\\"y\\"\\"\\"\\n")', '[{"a":"1","b":"x \\"y\\""}]'],
    ['jsondecode("{\\"a\\": [1, null, true]}")', '{"a":[1,null,true]}'],
    ['jsonencode({a = "<x>", b = [1.5]})', '"{\\"a\\":\\"\\\\u003cx\\\\u003e\\",\\"b\\":[1.5]}"'],
    ['urlencode("a b&ü*")', '"a+b%26%C3%BC%2A"'],
    [
      'yamlencode({a = 1, b = ["x", {c = true}]})',
      '"\\"a\\": 1\\n\\"b\\":\\n- \\"x\\"\\n- \\"c\\": true\\n"',
    ],
    [
      'base64decode("%%%")',
      'x:1,14-19: Invalid function argument; Invalid value for "str" parameter: failed to decode',
    ],
    [
      'base64decode("/w==")',
      'x:1,14-20: Invalid function argument; Invalid value for "str" parameter: the result of decoding',
    ],
    [
      'csvdecode("a,a\\n1,2")',
      'x:1,11-21: Invalid function argument; Invalid value for "str" parameter: duplicate column',
    ],
    [
      'csvdecode("a,b\\n1")',
      'x:1,11-19: Invalid function argument; Invalid value for "str" parameter: wrong number of fields',
    ],
    [
      'jsondecode("{")',
      'x:1,12-15: Invalid function argument; Invalid value for "str" parameter: ',
    ],
    ['yamlencode([])', '"[]\\n"'],
    ['yamldecode("a: 1\\nb: [x, true, null, 1.5]\\n")', '{"a":1,"b":["x",true,null,1.5]}'],
    ['yamldecode("n: 123456789012345678901234567890")', '{"n":123456789012345678901234567890}'],
    ['yamldecode(yamlencode({a = [1, {b = "x: y"}]}))', '{"a":[1,{"b":"x: y"}]}'],
    ['yamldecode("plain")', '"plain"'],
    [
      'yamldecode("a: [")',
      'x:1,12-18: Invalid function argument; Invalid value for "src" parameter: ',
    ],
    [
      'yamldecode("a: &a [x,x]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]")',
      'x:1,12-',
    ],
    [
      'yamlencode([[1, 2], {a = {b = null}}])',
      '"- - 1\\n  - 2\\n- \\"a\\":\\n    \\"b\\": null\\n"',
    ],
  ]);
});
