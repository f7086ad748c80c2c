import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { decodeDockerConfig, isConfig } from '../docker/config.ts';
import { driverSettings, validateDrivers } from './driver-config.ts';
import { jobOf } from './job-text.fixture.ts';

function issuesOf(driver: string, config: string): readonly string[] {
  const text = `job "x" {\ngroup "g" {\ntask "t" {\ndriver = "${driver}"\nconfig {\n${config}\n}\n}\n}\n}`;
  return validateDrivers(jobOf(text)).map(({ path, message }) => `${path}: ${message}`);
}

const AT = 'group "g" > task "t" > config: ';

test('names that the driver does not know are told, with the nearest that it does', () => {
  const rows: readonly (readonly [string, string, readonly string[]])[] = [
    ['raw_exec', 'command = "x"\nargs = ["y"]', []],
    [
      'raw_exec',
      'comand = "x"',
      [`${AT}"comand" is not a setting of the driver "raw_exec". Did you mean "command"?`],
    ],
    ['raw_exec', '', [`${AT}the driver "raw_exec" needs "command"`]],
    ['docker', 'image = "x"\nport_map {\n http = 80\n}', []],
    ['docker', 'image = "x"\nzzz = 1', [`${AT}"zzz" is not a setting of the driver "docker".`]],
    ['podman', 'anything = 1', []],
  ];
  for (const [driver, config, expected] of rows) {
    assert.deepEqual(issuesOf(driver, config), expected, `${driver} ${config}`);
  }
});

test('what is known here is what the drivers read', () => {
  const sources = {
    raw_exec: 'raw-exec',
    exec: 'exec',
    java: 'java',
    qemu: 'qemu',
    mock_driver: 'mock',
  };
  for (const [driver, folder] of Object.entries(sources)) {
    const path = new URL(`../../io/drivers/${folder}/driver.ts`, import.meta.url);
    const source = readFileSync(path, 'utf8');
    const read = source.matchAll(/(?:reader\.\w+\(|sharesHost\(reader, )'(\w+)'/g);
    const names = new Set([...read].map((match) => match[1]));
    assert.deepEqual([...names].sort(), [...(driverSettings(driver) ?? [])].sort(), driver);
  }
  for (const name of driverSettings('docker') ?? []) {
    const answer = decodeDockerConfig({ image: 'x', [name]: null });
    if (isConfig(answer)) continue;
    assert.ok(!answer.some(({ message }) => message.includes('not a setting')), name);
  }
});
