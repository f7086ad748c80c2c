import assert from 'node:assert/strict';
import test from 'node:test';
import { Source } from '../hcl/source.ts';
import { draftOf, mistakesIn } from './job-text.fixture.ts';
import type { JobFileOptions } from './parse-job.ts';

test('W1: variables come from the command line, files, the environment, their defaults', () => {
  const text = `
    variable "image" { type = string }
    variable "count" {
      type    = number
      default = 1
    }
    variable "dcs" { type = list(string) }
    variable "any" { default = "d" }
    locals {
      full = "\${local.base}:\${var.count}"
      base = upper(var.image)
    }
    job "x" {
      datacenters = var.dcs
      group "g" {
        count = var.count
        task "t" {
          config {
            image = local.full
            any   = var.any
          }
        }
      }
    }`;
  const job = draftOf(text, {
    variables: [
      ['count', '3'],
      ['any', 'redis:6'],
    ],
    varFiles: [new Source('v.hcl', 'dcs = ["a", "b"]\ncount = 2\n')],
    environment: { NOMAD_VAR_image: 'img', NOMAD_VAR_count: '9', NOMAD_VAR_other: 'x' },
  });
  assert.deepEqual(job.datacenters, ['a', 'b']);
  assert.equal(job.groups?.[0]?.count, 3);
  assert.deepEqual(job.groups[0].tasks?.[0]?.config, { image: 'IMG:3', any: 'redis:6' });
});

test('mistakes in variables name their place', () => {
  const rows: readonly (readonly [string, JobFileOptions, RegExp])[] = [
    ['variable "a" {}\njob "x" {}', {}, /^x.hcl:1,1-13: Unset variable "a"; /],
    ['job "x" { name = var.b }', {}, /^x.hcl:1,21-23: Unsupported attribute; .*named "b"/],
    [
      'variable "aa" { default = 1 }\njob "x" {}',
      { variables: [['ab', '1']] },
      /Undefined -var variable; .*Did you mean "aa"\?/,
    ],
    [
      'variable "a" {\n  type = nmber\n}\njob "x" {}',
      { variables: [['a', '1']] },
      /^x.hcl:2,10-15: Invalid type specification; .*Did you mean "number"\?/,
    ],
    [
      'variable "a" {\n  type = number\n  default = "x"\n}\njob "x" {}',
      {},
      /^x.hcl:3,13-16: Invalid default value for variable; .*a number is required/,
    ],
    [
      'variable "a" { type = number }\njob "x" {}',
      { variables: [['a', 'x']] },
      /^<value for var.a>:1,1-2: Invalid value for variable; .*a number is required/,
    ],
    [
      'variable "a" {\n  default = 1\n  validation {\n    condition = var.a > 1\n    error_message = "Too small."\n  }\n}\njob "x" {}',
      {},
      /^x.hcl:1,1-13: Invalid value for variable; Too small\.\n\nThis was checked by the validation rule at x.hcl:4,5-26\./,
    ],
    ['variable "a" { default = foo }\njob "x" {}', {}, /^x.hcl:1,26-29: Variables not allowed/],
    [
      'variable "a" {}\nvariable "a" {}\njob "x" {}',
      { variables: [['a', '1']] },
      /^x.hcl:2,1-13: Duplicate variable; .*x.hcl:1,1-13/,
    ],
    [
      'variable "a" { default = 1 }\njob "x" {}',
      { varFiles: [new Source('v.hcl', 'b = 1\nc {}')] },
      /^v.hcl:1,1-2: Undefined variable; .*\nv.hcl:2,1-2: Unexpected "c" block/,
    ],
    [
      'variable "a" { type = list(string) }\njob "x" {}',
      { variables: [['a', '[1']] },
      /^<value for var.a>:1,/,
    ],
  ];
  for (const [text, options, expected] of rows) {
    assert.match(mistakesIn(text, options).join('\n'), expected);
  }
});

test('a file of variables can be JSON, a block can declare several', () => {
  const text = 'variables {\n  a = 1\n  b = "y"\n}\njob "x" {\n  name = "${var.a}${var.b}"\n}';
  const varFiles = [new Source('v.json', '{"a": 7}')];
  assert.equal(draftOf(text, { varFiles }).name, '7y');
});
