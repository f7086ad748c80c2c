/** Containers in a group's network, on a real engine, in a network namespace made for the test. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { findProgram } from '../../src/io/network/commands.ts';
import { engineMissing } from './docker-engine.ts';

const missing = ['ip', 'iptables', 'unshare', 'nsenter'].find((name) => !findProgram(name));
const skip = engineMissing() ?? (missing === undefined ? false : `needs ${missing}`);

test('containers and processes of a group share its network', { skip }, async () => {
  const main = join(import.meta.dirname, 'docker-network-main.ts');
  const args = ['-n', '-m', process.execPath, '--import', 'tsx', main];
  const { stdout } = await promisify(execFile)('unshare', args, { timeout: 280_000 });
  assert.match(stdout, /docker network ok/);
});
