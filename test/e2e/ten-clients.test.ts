/**
 * Ten clients, each in a network namespace of its own, under load through a balancer, through
 * rollouts, drains, ends and returns of agents, machines and the server: no request fails.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { inOwnNamespaces, machinesMissing } from '../machines.ts';

test(
  'no request fails, whatever becomes of ten clients',
  { skip: machinesMissing() },
  async (t) => {
    const [program = '', ...args] = inOwnNamespaces(
      join(import.meta.dirname, 'ten-clients-main.ts'),
    );
    const { stdout } = await promisify(execFile)(program, args, { timeout: 460_000 });
    t.diagnostic(stdout);
    assert.match(stdout, /ten clients ok/);
  },
);
