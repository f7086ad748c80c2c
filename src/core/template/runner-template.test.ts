import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandLine, parseTemplateFlag, parseWaitFlag } from './runner-template.ts';

test('flags say the same in short', () => {
  const flag = parseTemplateFlag("in:out:sh -c 'a:b'");
  assert.ok(!('problem' in flag));
  assert.deepEqual([flag.source, flag.destination, flag.command], ['in', 'out', ["sh -c 'a:b'"]]);
  assert.ok('problem' in parseTemplateFlag('in'));
  assert.deepEqual(parseWaitFlag('5s'), { minMs: 5_000, maxMs: 20_000 });
  assert.deepEqual(parseWaitFlag('1s:2s'), { minMs: 1_000, maxMs: 2_000 });
  for (const bad of ['x', '5s:1s', '1s:2s:3s', '']) assert.ok('problem' in parseWaitFlag(bad), bad);
});

test('a command is a line, or a program with its arguments', () => {
  assert.deepEqual(commandLine('a b'), ['a b']);
  assert.deepEqual(commandLine(['a', 'b']), ['a', 'b']);
  for (const none of [undefined, '', [], ['']]) assert.equal(commandLine(none), undefined);
  assert.ok('problem' in (commandLine([1]) ?? {}));
});
