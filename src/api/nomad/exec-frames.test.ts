import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeExecInput,
  decodeExecOutput,
  encodeExecInput,
  encodeExecOutput,
  type ExecInput,
  type ExecOutput,
} from './exec-frames.ts';

const bytes = new TextEncoder().encode('hi');

test('messages look as clients of Nomad send and expect them', () => {
  for (const [message, text] of [
    [{ type: 'stdin', bytes, close: false }, '{"stdin":{"data":"aGk="}}'],
    [{ type: 'stdin', bytes: new Uint8Array(), close: true }, '{"stdin":{"close":true}}'],
    [{ type: 'resize', columns: 80, rows: 24 }, '{"tty_size":{"height":24,"width":80}}'],
    [{ type: 'heartbeat' }, '{}'],
  ] as const satisfies readonly (readonly [ExecInput, string])[]) {
    assert.equal(encodeExecInput(message), text);
    assert.deepEqual(decodeExecInput(text), message);
  }
  for (const [message, text] of [
    [{ type: 'stdout', bytes, close: false }, '{"stdout":{"data":"aGk="}}'],
    [{ type: 'stderr', bytes, close: true }, '{"stderr":{"data":"aGk=","close":true}}'],
    [{ type: 'exited', exitCode: 3 }, '{"exited":true,"result":{"exit_code":3}}'],
    [{ type: 'heartbeat' }, '{}'],
  ] as const satisfies readonly (readonly [ExecOutput, string])[]) {
    assert.equal(encodeExecOutput(message), text);
    assert.deepEqual(decodeExecOutput(text), message);
  }
});

test('what is no message is none', () => {
  for (const text of ['', 'x', '[]', '{"stdin":{"data":7}}', '{"stdin":{"data":"?"}}', '{"a":1}']) {
    assert.equal(decodeExecInput(text), undefined, text);
  }
  assert.equal(decodeExecInput('{"tty_size":{"height":-1,"width":1e9}}'), undefined);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      decodeExecInput(text);
      decodeExecOutput(text);
    }),
  );
});
