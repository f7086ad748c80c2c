import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readChangeScript, writeChangeScript } from './change-script.ts';

const SENT = { Command: '/bin/x', Args: ['a'], Timeout: 20_000_000_000, FailOnError: true };

test('a script of a job file and one of the API mean the same', () => {
  const written = { command: '/bin/x', args: ['a'], timeout: '20s', fail_on_error: true };
  const meant = { command: '/bin/x', args: ['a'], timeoutMs: 20_000, failOnError: true };
  assert.deepEqual(readChangeScript(written), meant);
  assert.deepEqual(readChangeScript(SENT), meant);
});

test('it goes out as the API spells it, with its defaults', () => {
  const written = { command: '/bin/x', args: ['a'], timeout: '20s', fail_on_error: true };
  assert.deepEqual(writeChangeScript(written), SENT);
  assert.deepEqual(writeChangeScript(SENT), SENT);
  assert.deepEqual(writeChangeScript({ Command: 'y', Args: null, Timeout: null }), {
    Command: 'y',
    Args: [],
    Timeout: 5_000_000_000,
    FailOnError: false,
  });
});
