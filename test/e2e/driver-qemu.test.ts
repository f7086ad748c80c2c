import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { findHierarchies } from '../../src/io/cgroup/hierarchy.ts';
import { TaskCgroups } from '../../src/io/cgroup/task-cgroups.ts';
import { systemClock } from '../../src/io/clock.ts';
import { findProgram } from '../../src/io/drivers/process/lookup.ts';
import { QemuDriver } from '../../src/io/drivers/qemu/driver.ts';
import { driverContract, isFault, printed, specFor } from '../contract/driver.ts';
import type { Scenario } from '../contract/driver.ts';
import { freePort } from '../free-port.ts';
import { bootImage } from './boot-image.ts';
import { forever, makeStand, until, type Stand } from './keeper-stand.ts';

let stand: Stand;
let driver: QemuDriver;
const cgroups = new TaskCgroups(findHierarchies());
const skip = findProgram('qemu-system-x86_64') === undefined ? 'no qemu-system-x86_64' : false;
const DEBUG_EXIT = ['-device', 'isa-debug-exit,iobase=0xf4,iosize=4'];

const images = (): string => join(stand.dir, 'images');
const make = (): QemuDriver =>
  new QemuDriver(
    { imagePaths: [images()] },
    { keeper: stand.client(), cgroups, clock: systemClock },
  );

let made = 0;
function machine(text: string, then: Parameters<typeof bootImage>[1], more = {}): Scenario {
  const image = join(images(), `${made++}.img`);
  writeFileSync(image, bootImage(text, then));
  return { config: { image_path: image, args: DEBUG_EXIT, ...more } };
}

if (skip !== false) {
  test('qemu', { skip });
} else {
  driverContract(
    'qemu',
    async () => {
      stand = await makeStand();
      mkdirSync(images());
      driver = make();
      return {
        dir: stand.dir,
        driver,
        successor: make,
        pass: (ms) => delay(ms),
        scenarios: {
          exits: (code) => machine('x\r\n', code === 0 ? 'off' : code),
          runs: { ...machine('ready\r\n', 'halt'), ready: 'ready' },
          prints: (text) => machine(text, 'off'),
          absent: { config: { image_path: 'local/no.img' } },
          invalid: {
            config: { image_path: 'a', port_map: [{ http: 99_999 }] },
            path: 'port_map.http',
          },
        },
        // The emulator ends cleanly when it is asked to.
        afterStop: { exitCode: 0, signal: 0 },
        hasWorld: true,
        measures: true,
      };
    },
    () => stand.clear(),
  );

  test('with graceful_shutdown the power button is pressed', async () => {
    const spec = specFor(
      stand.dir,
      'qemu',
      machine('up\r\n', 'button', { graceful_shutdown: true }),
    );
    const handle = await driver.start(spec, forever);
    await until('it is up', () => printed(spec).includes('up'));
    await driver.stop(handle, 'SIGTERM', 120_000);
    assert.equal((await driver.wait(handle, forever)).exitCode, 0);
    assert.match(printed(spec), /button/);
    await driver.destroy(handle);
  });

  test('a machine that ignores the button is killed after its grace', async () => {
    const spec = specFor(stand.dir, 'qemu', machine('up\r\n', 'halt', { graceful_shutdown: true }));
    const handle = await driver.start(spec, forever);
    await until('it is up', () => printed(spec).includes('up'));
    await driver.stop(handle, 'SIGTERM', 300);
    assert.equal((await driver.wait(handle, forever)).exitCode, 137);
    await driver.destroy(handle);
  });

  test('images elsewhere, and ports that are not there, are refused', async () => {
    const outside = specFor(stand.dir, 'qemu', { config: { image_path: '/etc/passwd' } });
    await assert.rejects(driver.start(outside, forever), isFault('denied'));
    const mapped = specFor(stand.dir, 'qemu', machine('', 'halt', { port_map: { web: 80 } }));
    await assert.rejects(driver.start(mapped, forever), isFault('invalid'));
  });

  test('ports of the host lead into the machine', async () => {
    const spec = specFor(stand.dir, 'qemu', machine('up\r\n', 'halt', { port_map: [{ web: 80 }] }));
    const port = await freePort();
    const ports = [{ label: 'web', value: port, to: 0, hostIp: '127.0.0.1' }];
    const handle = await driver.start({ ...spec, ports }, forever);
    await until('the emulator listens', async () => {
      const socket = connect(port, '127.0.0.1');
      const open = await new Promise((resolve) => {
        socket.once('connect', () => resolve(true));
        socket.once('error', () => resolve(false));
      });
      socket.destroy();
      return open;
    });
    await driver.stop(handle, 'SIGKILL', 0);
    await driver.destroy(handle);
  });
}
