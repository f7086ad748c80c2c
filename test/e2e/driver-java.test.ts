import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { findHierarchies } from '../../src/io/cgroup/hierarchy.ts';
import { TaskCgroups } from '../../src/io/cgroup/task-cgroups.ts';
import { systemClock } from '../../src/io/clock.ts';
import type { ExecOptions } from '../../src/io/drivers/exec/driver.ts';
import { RuntimeFinder } from '../../src/io/drivers/exec/runtime.ts';
import { JavaDriver } from '../../src/io/drivers/java/driver.ts';
import { findProgram } from '../../src/io/drivers/process/lookup.ts';
import { driverContract, isFault, printed, specFor } from '../contract/driver.ts';
import type { Scenario } from '../contract/driver.ts';
import { toldClass, toldJar } from './java-class.ts';
import { forever, makeStand, type Stand } from './keeper-stand.ts';

let stand: Stand;
const hierarchies = findHierarchies();
const cgroups = new TaskCgroups(hierarchies);
const runtime = await new RuntimeFinder(cgroups, hierarchies).find();
const skip = findProgram('java') === undefined ? 'no java' : false;
const isolates = !('whyNot' in runtime);

const make = (isolated: boolean, options: ExecOptions = {}): JavaDriver => {
  const keeper = stand.client();
  return new JavaDriver(options, { keeper, cgroups, hierarchies, clock: systemClock }, isolated);
};

const CHROOT = ['/bin', '/lib', '/lib64', '/usr', '/etc'];

if (skip !== false) {
  test('java', { skip });
} else {
  driverContract(
    'java',
    async () => {
      stand = await makeStand();
      chmodSync(stand.dir, 0o755);
      writeFileSync(join(stand.dir, 'Told.class'), toldClass());
      const chroot = Object.fromEntries(CHROOT.map((path) => [path, path]));
      const options = isolates ? { chroot: { ...chroot, [stand.dir]: '/classes' } } : {};
      const told = (text: string, ms: number, code: number): Scenario => ({
        config: {
          class: 'Told',
          class_path: isolates ? '/classes' : stand.dir,
          jvm_options: ['-Xmx64m', '-Xshare:auto', '-XX:+UseSerialGC'],
          args: [text, String(ms), String(code)],
        },
      });
      return {
        dir: stand.dir,
        driver: make(isolates, options),
        successor: () => make(isolates, options),
        pass: (ms) => delay(ms),
        scenarios: {
          exits: (code) => told('', 0, code),
          runs: { ...told('ready', 600_000, 0), ready: 'ready' },
          prints: (text) => told(text, 0, 0),
          absent: { config: { jar_path: 'local/no.jar' } },
          invalid: { config: { args: ['x'] }, path: 'jar_path' },
        },
        hasWorld: true,
        measures: true,
      };
    },
    () => stand.clear(),
  );

  for (const isolated of isolates ? [true, false] : [false]) {
    test(`a jar runs ${isolated ? 'isolated' : 'as a plain process'}`, async () => {
      const driver = make(isolated);
      const config = { jar_path: 'local/told.jar', args: ['from a jar', '0', '9'] };
      const spec = specFor(stand.dir, 'java', { config });
      for (const dir of [spec.directories.allocDir, spec.directories.taskDir])
        chmodSync(dir, 0o755);
      await assert.rejects(driver.start(spec, forever), isFault('not_found'));
      writeFileSync(join(spec.directories.localDir, 'told.jar'), toldJar());
      const handle = await driver.start(spec, forever);
      const { exitCode } = await driver.wait(handle, forever);
      assert.equal(printed(spec, 'stderr'), '');
      assert.deepEqual([printed(spec), exitCode], ['from a jar\n', 9]);
      await driver.destroy(handle);
    });
  }
}
