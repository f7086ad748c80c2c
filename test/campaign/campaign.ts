/**
 * `npm run campaign`: real agents on real sockets, and what may befall them, in namespaces of their
 * own; what callers saw meanwhile is judged.
 *
 *     npm run campaign -- --minutes 10           ten minutes, with a seed that is drawn and told
 *     npm run campaign -- --seed 7 --round 12    seed 7 from its round 12 on
 *     npm run campaign -- --only 'kill, clock'   no other faults than these
 *     npm run campaign -- --report FILE          where the report goes (.cache/campaign.md)
 *
 * C1: the seed decides what is done, where, when and for how long; what the machine makes of it
 *     differs from run to run.
 * C2: nothing outside the namespaces is touched, and everything in them ends with this program.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { inOwnNamespaces, machinesMissing } from '../machines.ts';
import { removeThrottles } from './disk.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(randomInt(1_000_000)) },
    round: { type: 'string', default: '0' },
    only: { type: 'string', default: '' },
    report: { type: 'string', default: join(import.meta.dirname, '../../.cache/campaign.md') },
  },
});
const missing = machinesMissing('etcd', 'mkfs.ext4', 'mount');
if (missing !== false) {
  console.log(`a campaign ${missing}\n0 passed, 1 failed`);
  process.exit(1);
}
const report = resolve(values.report);
mkdirSync(dirname(report), { recursive: true });
console.log(`npm run campaign -- --minutes ${values.minutes} --seed ${values.seed}\n`);
// Builds the program where it is older than its source, which nobody is to wait for later.
execFileSync(join(import.meta.dirname, '../../bin/muster'), ['version'], { stdio: 'ignore' });
const main = join(import.meta.dirname, 'campaign-main.ts');
const dir = mkdtempSync(join(tmpdir(), 'muster-campaign-'));
const { seed, minutes, round, only } = values;
const [program = '', ...args] = inOwnNamespaces(main, dir, seed, minutes, round, report, only);
const child = spawn(program, args, { stdio: 'inherit' });
// C2: with their first process, all in the namespaces end.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => child.kill('SIGKILL'));
}
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
  removeThrottles(dir);
  rmSync(dir, { recursive: true, force: true });
});
