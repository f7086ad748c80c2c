import assert from 'node:assert/strict';
import test from 'node:test';
import { draftOf, mistakesIn } from './job-text.fixture.ts';
import type { JobFileOptions } from './parse-job.ts';

test('locals use each other in any order', () => {
  const text = `
    locals { a = "\${local.b}\${local.c}" }
    locals {
      b = 1
      c = local.b + 1
    }
    job "x" { name = local.a }`;
  assert.equal(draftOf(text).name, '12');
});

test('mistakes in locals name their place', () => {
  const rows: readonly (readonly [string, JobFileOptions, RegExp])[] = [
    [
      'locals {\n  a = local.b\n  b = local.a\n}\njob "x" {}',
      {},
      /^x.hcl:2,3-4: Circular local value/,
    ],
    [
      'locals { a = 1 }\nlocals { a = 2 }\njob "x" {}',
      {},
      /^x.hcl:2,10-11: Duplicate value in locals; .*x.hcl:1,10-11/,
    ],
    ['locals { a = local.a }\njob "x" {}', {}, /^x.hcl:1,10-11: Circular local value/],
    ['locals {\n  a {}\n}\njob "x" {}', {}, /^x.hcl:2,3-4: Unexpected "a" block/],
  ];
  for (const [text, options, expected] of rows) {
    assert.match(mistakesIn(text, options).join('\n'), expected);
  }
});
