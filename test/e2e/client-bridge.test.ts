/** Group networks in mode `bridge`, in a network namespace made for the test. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { findProgram } from '../../src/io/network/commands.ts';

const missing = ['ip', 'iptables', 'unshare', 'nsenter'].find((name) => !findProgram(name));
const skip =
  process.getuid?.() !== 0 ? 'needs root' : missing === undefined ? false : `needs ${missing}`;

test('ports are published on 127.0.0.1, kept, found again and taken away', { skip }, async () => {
  const main = join(import.meta.dirname, 'bridge-main.ts');
  const args = ['-n', '-m', process.execPath, '--import', 'tsx', main];
  const { stdout } = await promisify(execFile)('unshare', args, { timeout: 240_000 });
  assert.match(stdout, /bridge ok/);
});
