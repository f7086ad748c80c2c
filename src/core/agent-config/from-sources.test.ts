import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Source } from '../hcl/source.ts';
import { configFilesAmong, configFrom } from './from-sources.ts';

const flags = { dev: false, devDir: '', settings: {} };

function read(...texts: readonly string[]): ReturnType<typeof configFrom> {
  return configFrom(
    texts.map((text, i) => new Source(`${i}.hcl`, text)),
    flags,
  );
}

test('later files are over earlier ones', () => {
  const read2 = read('data_dir = "/d"\nregion = "a"\nclient { enabled = true }', 'region = "b"');
  assert.ok('config' in read2);
  assert.equal(read2.config.region, 'b');
  assert.equal(read2.config.dataDir, '/d');
});

test('what is wrong is told, with its place where it has one', () => {
  const rows: readonly (readonly [readonly string[], RegExp])[] = [
    [['data_dir = "/d"\nregoin = "x"'], /^0\.hcl:2,1.*"region"/s],
    [['a = 1', 'b = 2'], /0\.hcl:1.*1\.hcl:1/s],
    [['client { enabled = true }'], /data_dir/],
    [['data_dir = '], /^0\.hcl:1/],
  ];
  for (const [texts, expected] of rows) {
    const answer = read(...texts);
    assert.match('mistakes' in answer ? answer.mistakes : '', expected);
  }
});

test('of a directory those files count that hold configuration', () => {
  assert.deepEqual(configFilesAmong(['d/b.json', 'd/x.txt', 'd/a.hcl', 'd/hcl']), [
    'd/a.hcl',
    'd/b.json',
  ]);
});
