import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseEnvFile } from './env-file.ts';

test('variables as people write them', () => {
  const text = [
    '# a comment',
    'PLAIN=some text # told',
    'SINGLE=\'a "b" \\n\' # c',
    'DOUBLE="line\\nnext \\"q\\""',
    'export SHOUTED = yes',
    'EMPTY=',
    '',
  ].join('\n');
  assert.deepEqual(parseEnvFile(text), {
    variables: {
      PLAIN: 'some text',
      SINGLE: 'a "b" \\n',
      DOUBLE: 'line\nnext "q"',
      SHOUTED: 'yes',
      EMPTY: '',
    },
  });
});

test('a line that is none is named', () => {
  for (const line of ['1A=x', 'no equals', 'A="open', "A='x' y"]) {
    assert.deepEqual(parseEnvFile(`OK=1\n${line}`), { mistake: 'line 2 is not NAME=value' }, line);
  }
});

test('no text makes it throw', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseEnvFile(text)));
});
