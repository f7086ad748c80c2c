/** Two regions, each in machines of its own, whose link is cut, and mended. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { inOwnNamespaces, machinesMissing } from '../machines.ts';

test(
  'regions that cannot reach each other say so, go on, and find each other again',
  { skip: machinesMissing() },
  async (t) => {
    const main = join(import.meta.dirname, 'region-cut-main.ts');
    const dir = mkdtempSync(join(tmpdir(), 'muster-regions-'));
    try {
      const [program = '', ...args] = inOwnNamespaces(main, dir);
      const { stdout } = await promisify(execFile)(program, args, { timeout: 460_000 });
      t.diagnostic(stdout);
      assert.match(stdout, /region cut ok/);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
);
