/**
 * How long writes stand still when three servers lose their leader, each a machine of its own
 * (`failover-main.ts`). Needs root, etcd and namespaces; without them it measures nothing.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inOwnNamespaces, machinesMissing } from '../test/machines.ts';

const missing = machinesMissing('etcd');
if (missing === false) {
  const dir = mkdtempSync(join(tmpdir(), 'muster-failover-'));
  const main = join(import.meta.dirname, 'failover-main.ts');
  const [program = '', ...args] = inOwnNamespaces(main, dir);
  try {
    execFileSync(program, args, { stdio: 'inherit' });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
} else console.log(`not measured: it ${missing}`);
