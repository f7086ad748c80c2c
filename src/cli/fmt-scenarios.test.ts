/** What people see of files that are put into their canonical form. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS, replay } from './golden.fixture.ts';
import { runProgram } from './program.ts';
import { testWorld } from './test-world.fixture.ts';

const UGLY = 'job "x" {\n    priority=50\n  # why\n  type    = "batch"\n}\n';
const NICE = 'job "x" {\n  priority = 50\n  # why\n  type = "batch"\n}\n';
const FILES = {
  'ugly.nomad': UGLY,
  'nice.nomad.hcl': NICE,
  'broken.nomad': 'job "x" {\n  priority = \n}\n',
  'notes.txt': 'a=1\n',
  'jobs/a.hcl': UGLY,
  'jobs/b.nomad': NICE,
  'jobs/c.txt': 'a=1\n',
  'jobs/below/d.hcl': UGLY,
  './e.hcl': UGLY,
};

test('files are formatted, listed or only looked at', () =>
  replay('fmt', () => ({ text: FILES, typed: UGLY })));

async function after(line: string, path: string): Promise<string> {
  const world = testWorld({ text: FILES });
  await runProgram(COMMANDS, line.split(' '), world);
  return world.files.read(path);
}

test('files are overwritten unless they are only to be looked at', async () => {
  assert.equal(await after('fmt ugly.nomad', 'ugly.nomad'), NICE);
  assert.equal(await after('fmt -list=false ugly.nomad', 'ugly.nomad'), NICE);
  assert.equal(await after('fmt -write=false ugly.nomad', 'ugly.nomad'), UGLY);
  assert.equal(await after('fmt -check ugly.nomad', 'ugly.nomad'), UGLY);
  assert.equal(await after('fmt jobs', 'jobs/a.hcl'), NICE);
  assert.equal(await after('fmt jobs', 'jobs/c.txt'), 'a=1\n');
  assert.equal(await after('fmt jobs', 'jobs/below/d.hcl'), UGLY);
  assert.equal(await after('fmt -recursive jobs', 'jobs/below/d.hcl'), NICE);
});
