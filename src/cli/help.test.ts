import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { dirname, basename } from 'node:path';
import { test } from 'node:test';
import { compare, COMMANDS, helpGolden } from './golden.fixture.ts';
import { runProgram } from './program.ts';
import { testWorld } from './test-world.fixture.ts';

async function help(name: string): Promise<string> {
  const world = testWorld();
  const words = name === '' ? ['-h'] : [...name.split(' '), '-h'];
  assert.equal(await runProgram(COMMANDS, words, world), 0);
  return world.printed();
}

for (const { name, hidden } of COMMANDS) {
  if (hidden === true) continue;
  test(`muster ${name} -h`, async () => {
    compare(helpGolden(name), await help(name));
  });
}

test('muster -h lists every command', async () => {
  compare(helpGolden('muster'), await help(''));
});

test('no help is kept of a command that is gone', () => {
  const known = [...COMMANDS.map(({ name }) => name), 'muster'].map((name) =>
    basename(helpGolden(name)),
  );
  const kept = readdirSync(dirname(helpGolden('muster')));
  assert.deepEqual(
    kept.filter((file) => !known.includes(file)),
    [],
  );
});

test('each command says what it does, and how it is used by an example', () => {
  const wordless = COMMANDS.filter((c) => c.hidden !== true && c.examples.length === 0);
  assert.deepEqual(
    wordless.map(({ name }) => name),
    [],
  );
});

test('no spelling is used twice, no flag of a command either', () => {
  const names = COMMANDS.flatMap((c) => [c.name, ...(c.aliases ?? [])]);
  assert.deepEqual(names, [...new Set(names)]);
  for (const { name, flags } of COMMANDS) {
    const own = flags.map((flag) => flag.name);
    assert.deepEqual(own, [...new Set(own)], name);
  }
});
