import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { findHierarchies } from '../../src/io/cgroup/hierarchy.ts';
import { TaskCgroups } from '../../src/io/cgroup/task-cgroups.ts';
import { systemClock } from '../../src/io/clock.ts';
import { ExecDriver } from '../../src/io/drivers/exec/driver.ts';
import { RuntimeFinder } from '../../src/io/drivers/exec/runtime.ts';
import type { TaskSpec } from '../../src/ports/driver.ts';
import { collect, driverContract, isFault, printed, specFor } from '../contract/driver.ts';
import type { Scenario } from '../contract/driver.ts';
import { forever, makeStand, until, type Stand } from './keeper-stand.ts';

let stand: Stand;
let driver: ExecDriver;
const hierarchies = findHierarchies();
const cgroups = new TaskCgroups(hierarchies);
const runtime = await new RuntimeFinder(cgroups, hierarchies).find();
const skip = 'whyNot' in runtime ? runtime.whyNot : false;

const sh = (script: string, more: Partial<Scenario> = {}): Scenario => ({
  ...more,
  config: { command: '/bin/sh', args: ['-c', script], ...more.config },
});

function make(): ExecDriver {
  return new ExecDriver({}, { keeper: stand.client(), cgroups, hierarchies, clock: systemClock });
}

/** What the client's directory hook does: tasks may be anybody. */
function specOf(scenario: Scenario): TaskSpec {
  const spec = specFor(stand.dir, 'exec', scenario);
  const { allocDir, sharedDir, localDir } = spec.directories;
  chmodSync(stand.dir, 0o755);
  chmodSync(allocDir, 0o755);
  for (const dir of [sharedDir, localDir]) chmodSync(dir, 0o777);
  return spec;
}

async function runs(spec: TaskSpec): Promise<{ out: string; err: string; code: number }> {
  const handle = await driver.start(spec, forever);
  const { exitCode } = await driver.wait(handle, forever);
  const result = { out: printed(spec), err: printed(spec, 'stderr'), code: exitCode };
  await driver.destroy(handle);
  return result;
}

if (skip !== false) {
  test('exec', { skip });
} else {
  driverContract(
    'exec',
    async () => {
      stand = await makeStand();
      driver = make();
      return {
        dir: stand.dir,
        driver,
        successor: make,
        pass: (ms) => delay(ms),
        scenarios: {
          exits: (code) => sh(`exit ${code}`),
          // The first process of a pid namespace dies of no signal that it does not handle.
          runs: sh('trap "exit 143" TERM; echo ready; sleep 60 & wait', { ready: 'ready' }),
          ignores: sh('trap "" TERM; echo ready; while :; do sleep 60; done', { ready: 'ready' }),
          prints: (text) => sh(`echo ${text}`),
          absent: { config: { command: 'no-such-command' } },
          invalid: { config: { command: 'a', cap_add: ['sys_admin'] }, path: 'cap_add[0]' },
        },
        afterStop: { exitCode: 143, signal: 0 },
        hasWorld: true,
        measures: true,
      };
    },
    () => stand.clear(),
  );

  test('more memory than allowed ends the task, and the reason is told', async () => {
    const spec = specOf(sh('x=x; while :; do x="$x$x"; done'));
    const handle = await driver.start(
      { ...spec, resources: { ...spec.resources, memoryMb: 32 } },
      forever,
    );
    const result = await driver.wait(handle, forever);
    assert.deepEqual([result.exitCode, result.signal, result.oomKilled], [137, 9, true]);
    await driver.destroy(handle);
  });

  test('memory_max is the limit where it is more', async () => {
    const spec = specOf(sh('x=$(head -c 50000000 /dev/zero | tr "\\0" x); echo ${#x}'));
    const resources = { ...spec.resources, memoryMb: 16, memoryMaxMb: 512 };
    assert.equal((await runs({ ...spec, resources })).out, '50000000\n');
  });

  test('it is nobody, without privileges, alone, in a tree of its own', async () => {
    const spec = specOf(
      sh(
        [
          'id -un; grep CapEff /proc/self/status; echo pid $$',
          'ls / | tr "\\n" " "; echo',
          'touch /usr/x /bin/x 2>/dev/null || echo read-only',
          'ls /root /etc/shadow /home 2>/dev/null || echo unseen',
          'echo mine > /local/f; echo ours > /alloc/f; echo t > /tmp/f; cat /local/f /alloc/f',
          'ls /proc | grep -c "^[0-9]"; echo again > /dev/stdout; pwd',
        ].join('\n'),
      ),
    );
    const { out, err } = await runs(spec);
    const root = 'alloc bin dev etc lib lib64 local proc sbin secrets sys tmp usr';
    const lines = out.split('\n');
    assert.equal(err, '');
    assert.deepEqual(lines.slice(0, 3), ['nobody', 'CapEff:\t0000000000000000', 'pid 1']);
    for (const dir of root.split(' ')) assert(lines[3]?.split(' ').includes(dir), `/${dir}`);
    assert.deepEqual(lines.slice(4, 8), ['read-only', 'unseen', 'mine', 'ours']);
    assert(Number(lines[8]) < 6);
    assert.deepEqual(lines.slice(9, 11), ['again', '/']);
    assert(readdirSync(spec.directories.sharedDir).includes('f'));
  });

  test('root in the task has the usual capabilities, less and more as asked', async () => {
    const caps = async (config: Scenario['config']): Promise<bigint> => {
      const { out } = await runs(
        specOf(sh('grep CapEff /proc/self/status', { user: 'root', config })),
      );
      return BigInt(`0x${out.trim().split('\t')[1] ?? ''}`);
    };
    const bit = (n: number): bigint => 1n << BigInt(n);
    const usual = await caps({});
    assert.equal(usual & bit(21), 0n, 'no SYS_ADMIN');
    assert.notEqual(usual & bit(0), 0n, 'CHOWN');
    assert.equal((await caps({ cap_drop: ['chown'] })) & bit(0), 0n);
    assert.equal(await caps({ cap_drop: ['all'], cap_add: ['CAP_CHOWN'] }), bit(0));
  });

  test('mounts, name servers, host name and directory are as asked', async () => {
    const spec = specOf(
      sh('cat /data/f; touch /data/g || echo kept; cat /etc/resolv.conf; hostname; pwd', {
        config: { work_dir: '/local' },
      }),
    );
    const hostPath = join(stand.dir, 'volume');
    await import('node:fs').then(({ mkdirSync }) => mkdirSync(hostPath));
    writeFileSync(join(hostPath, 'f'), 'from outside\n');
    const { out } = await runs({
      ...spec,
      hostname: 'inside',
      dns: { servers: ['192.0.2.1'], searches: ['a.test', 'b.test'], options: ['ndots:2'] },
      mounts: [{ hostPath, taskPath: '/data', readOnly: true, propagation: 'private' }],
    });
    assert.equal(
      out,
      'from outside\nkept\nnameserver 192.0.2.1\nsearch a.test b.test\noptions ndots:2\ninside\n/local\n',
    );
  });

  test('processor time is limited where it is asked for', async () => {
    const spec = specOf(sh('while :; do :; done', { config: { cpu_hard_limit: true } }));
    const resources = { ...spec.resources, cpuShare: 0.1 };
    const handle = await driver.start({ ...spec, resources }, forever);
    await driver.stats(handle);
    // On a busy machine it may now and then get less than it may have.
    await until('it is throttled', async () => {
      await delay(1_000);
      const { cpu, memory } = await driver.stats(handle);
      assert(cpu.percent < 40, String(cpu.percent));
      assert(memory.usage > 0 && memory.maxUsage >= memory.usage);
      return cpu.throttledPeriods > 0;
    });
    await driver.stop(handle, 'SIGKILL', 0);
    await driver.destroy(handle);
  });

  test('commands run inside it, also on a terminal; absent ones are not found', async () => {
    const handle = await driver.start(specOf(sh('trap "exit 0" TERM; sleep 60 & wait')), forever);
    const exec = async (command: string[], tty: boolean) =>
      await collect(await driver.exec(handle, { command, tty }, forever));
    assert.equal((await exec(['cat', '/proc/1/comm'], false)).stdout, 'sh\n');
    const onTerminal = await exec(['sh', '-c', 'tty; stty size; id -un; exit 6'], true);
    assert.match(onTerminal.stdout, /^\/dev\/pts\/\d+\r\n24 80\r\nnobody\r\n$/);
    assert.equal(onTerminal.code, 6);
    const absent = driver.exec(handle, { command: ['no-such'], tty: false }, forever);
    await assert.rejects(absent, isFault('not_found'));
    await driver.stop(handle, 'SIGTERM', 5_000);
    await driver.destroy(handle);
  });

  test('what it left running ends with it, and nothing of it stays', async () => {
    const spec = specOf(sh('setsid sleep 71 & sleep 0.1; echo on; trap "" TERM; wait'));
    const handle = await driver.start(spec, forever);
    await until('it runs', () => printed(spec) === 'on\n');
    await driver.stop(handle, 'SIGTERM', 100);
    await assert.rejects(driver.stats(handle), isFault('not_found'));
    await driver.destroy(handle);
    // It goes on where groups of other tests vanish under its eyes.
    const look = ['/sys/fs/cgroup', '-path', `*${spec.allocId}*`];
    assert.equal(spawnSync('find', look, { encoding: 'utf8' }).stdout, '');
    assert(!readdirSync(spec.directories.allocDir).some((name) => name.endsWith('.bundle')));
    assert(!readdirSync('/run/muster/oci').some((name) => name.includes(spec.allocId)));
  });
}
