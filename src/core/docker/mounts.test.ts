import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../base/json.ts';
import { input } from './container-input.fixture.ts';
import { binds, leavesTask, mountBody } from './mounts.ts';

const TASK_DIR = '/d/a1/t';

for (const [path, leaves] of [
  ['local', false],
  ['./local/../secrets', false],
  ['.', false],
  ['..', false],
  ['../alloc', false],
  ['../../a2/alloc', true],
  ['../..', true],
  ['../../../../../../etc', true],
  ['/d/a1', false],
  ['/d/a1/', false],
  ['/d/a1/t/x', false],
  ['/d/a10/t', true],
  ['/d/a1/../a2', true],
  ['/etc', true],
  ['/', true],
] as const) {
  test(`D2: ${path} ${leaves ? 'is' : 'is not'} outside of the allocation`, () => {
    assert.equal(leavesTask(path, TASK_DIR), leaves);
  });
}

const OWN = ['/d/a1/alloc:/alloc', '/d/a1/t/local:/local', '/d/a1/t/secrets:/secrets'];

for (const [raw, expected] of [
  [{}, []],
  [{ volumes: ['conf:/etc/conf:ro'] }, ['/d/a1/t/conf:/etc/conf:ro']],
  [{ volumes: ['/srv:/srv', '../x:/x'] }, ['/srv:/srv', '/d/a1/x:/x']],
  [{ volumes: ['data:/data'], volume_driver: 'nfs' }, ['data:/data']],
  [{ volumes: ['./data:/data'], volume_driver: 'nfs' }, ['/d/a1/t/data:/data']],
] as const) {
  test(`binds of ${JSON.stringify(raw)}`, () => {
    assert.deepEqual(binds(input(raw as unknown as JsonObject)), [...OWN, ...expected]);
  });
}

test('volumes of the group are bound as they ask to be', () => {
  const at = (taskPath: string, readOnly: boolean, propagation: string): string | undefined =>
    binds(input({}, { mounts: [{ hostPath: '/srv', taskPath, readOnly, propagation }] })).at(-1);
  assert.equal(at('/a', false, 'private'), '/srv:/a:rw');
  assert.equal(at('/a', true, ''), '/srv:/a:ro');
  assert.equal(at('/a', true, 'host-to-task'), '/srv:/a:ro,rslave');
  assert.equal(at('/a', false, 'bidirectional'), '/srv:/a:rw,rshared');
});

/** The engine's form of one `mount` block of a job. */
function mounted(mount: JsonObject): JsonObject {
  const [decoded] = input({ mount: [mount] }).config.mount;
  assert.ok(decoded);
  return mountBody(decoded, TASK_DIR);
}

test('a bind mount begins in the directory of the task', () => {
  const bind = { type: 'bind', source: 'conf', target: '/conf', readonly: true };
  assert.deepEqual(mounted(bind), {
    Type: 'bind',
    Target: '/conf',
    ReadOnly: true,
    Source: '/d/a1/t/conf',
  });
  const spread = mounted({ ...bind, bind_options: { propagation: 'rshared' } });
  assert.deepEqual(spread['BindOptions'], { Propagation: 'rshared' });
});

test('a tmpfs has no source', () => {
  const tmpfs = mounted({ type: 'tmpfs', target: '/t', tmpfs_options: { size: 1024, mode: 511 } });
  assert.equal('Source' in tmpfs, false);
  assert.deepEqual(tmpfs['TmpfsOptions'], { SizeBytes: 1024, Mode: 511 });
});

test('a volume is named, and may have a driver', () => {
  const volume = mounted({
    type: 'volume',
    source: 'data',
    target: '/data',
    volume_options: {
      no_copy: true,
      labels: { a: 'b' },
      driver_config: { name: 'nfs', options: { o: 'addr=1' } },
    },
  });
  assert.equal(volume['Source'], 'data');
  assert.deepEqual(volume['VolumeOptions'], {
    NoCopy: true,
    Labels: { a: 'b' },
    DriverConfig: { Name: 'nfs', Options: { o: 'addr=1' } },
  });
});
