import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../base/failure.ts';
import { loadConfig, settingsOf, type ConfigFiles, type ConfigFlags } from './load-config.ts';

const TEXTS: Readonly<Record<string, string>> = {
  'one.hcl': 'region = "eu"\ndata_dir = "/d"\nclient { enabled = true }',
  'conf/a.hcl': 'datacenter = "a"',
  'conf/b.json': '{"datacenter": "b"}',
  'conf/notes.txt': 'nothing',
  'bad.hcl': 'regoin = "x"',
};
const files: ConfigFiles = {
  read: (path) => Promise.resolve(TEXTS[path] ?? ''),
  list: (path) =>
    Promise.resolve(
      path === 'conf' ? Object.keys(TEXTS).filter((name) => name.startsWith('conf/')) : undefined,
    ),
};
const none: ConfigFlags = { dev: false, devDir: '', paths: [], settings: {} };

test('files, directories in order of their names, and flags last', async () => {
  const settings = settingsOf([
    ['region', 'us'],
    ['client.node_class', 'big'],
    ['name', undefined],
  ]);
  const config = await loadConfig({ ...none, paths: ['one.hcl', 'conf'], settings }, files);
  assert.equal(config.region, 'us');
  assert.equal(config.datacenter, 'b');
  assert.equal(config.client?.nodeClass, 'big');
  assert.equal(config.name, undefined);
});

test('a mistake is told with file, line and the nearest name', async () => {
  await assert.rejects(loadConfig({ ...none, paths: ['bad.hcl'] }, files), (error) => {
    assert.ok(error instanceof Failure);
    assert.match(error.message, /bad\.hcl:1/);
    assert.match(error.message, /"region"/);
    return true;
  });
});

test('what no file says is told by its name', async () => {
  await assert.rejects(loadConfig(none, files), /data_dir is required without -dev/);
});
