import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ARTIFACT_LIMITS } from '../artifact/artifact-limits.ts';
import { Source } from '../hcl/source.ts';
import { configFrom } from './from-sources.ts';

function read(artifact: string): ReturnType<typeof configFrom> {
  const text = `data_dir = "/d"\nclient {\n  enabled = true\n  artifact {\n${artifact}\n  }\n}`;
  return configFrom([new Source('a.hcl', text)], { dev: false, devDir: '', settings: {} });
}

test('bounds of artifacts are sizes and counts; 0 is none', () => {
  const rows: readonly (readonly [string, Partial<typeof ARTIFACT_LIMITS>])[] = [
    ['', {}],
    ['http_max_size = "30M"', { httpBytesMax: 30_000_000 }],
    ['decompression_limit_size = "1GiB"', { unpackedBytesMax: 1024 ** 3 }],
    ['decompression_limit_file_count = 9', { entriesMax: 9 }],
    ['decompression_limit_file_count = 0', { entriesMax: Infinity }],
    ['http_read_timeout = "30m"', {}],
  ];
  for (const [text, expected] of rows) {
    const answer = read(text);
    assert.ok('config' in answer, text);
    assert.deepEqual(answer.config.client?.artifactLimits, { ...ARTIFACT_LIMITS, ...expected });
  }
  for (const text of ['http_max_size = "lots"', 'decompression_limit_file_count = -1']) {
    assert.ok('mistakes' in read(text), text);
  }
});
