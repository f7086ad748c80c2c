/**
 * Replays scripts of command lines: `> muster ...`, then what it prints, errors included, then its
 * exit code. What follows ` # ` says what is different about this world. `REWRITE=1` writes what
 * was printed instead; read that diff as you would read code.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCommands } from './commands.ts';
import { runProgram } from './program.ts';
import { testWorld } from './test-world.fixture.ts';
import type { World } from './world.ts';

/** Where the goldens of the command line are. */
export const GOLDEN = join(import.meta.dirname, '../../test/golden/cli');

export const COMMANDS = makeCommands({
  version: '1.2.3',
  agent: () => Promise.resolve(0),
  keeper: () => Promise.resolve(0),
  lockGuard: () => Promise.resolve(0),
  migrateEngine: () => Promise.resolve(0),
  balancer: () => Promise.resolve(0),
});

/** Runs the lines of a golden file in the world that `make` makes for each. */
export async function replay(
  name: string,
  make: (line: string) => Parameters<typeof testWorld>[0],
): Promise<void> {
  const path = join(GOLDEN, `${name}.txt`);
  const want = readFileSync(path, 'utf8');
  const out: string[] = [];
  for (const block of want.split(/\n(?=> )/)) {
    const line = block.split('\n', 1)[0] ?? '';
    if (!line.startsWith('> muster ')) {
      out.push(`${block.trim()}\n`);
      continue;
    }
    const typed = line.slice('> muster '.length).split(' # ', 1)[0] ?? '';
    const words = typed.split(' ');
    out.push(`${line}\n${await printed(words, make(line))}`);
  }
  compare(path, out.join('\n'));
}

/** Output and errors in the order they were written, then the exit code. */
async function printed(
  words: readonly string[],
  over: Parameters<typeof testWorld>[0],
): Promise<string> {
  const pieces: string[] = [];
  const keep = (piece: string): void => {
    pieces.push(piece);
  };
  const keepBytes = (bytes: Uint8Array): Promise<void> => {
    pieces.push(new TextDecoder().decode(bytes));
    return Promise.resolve();
  };
  const world: World = {
    ...testWorld(over),
    ...{ out: keep, err: keep, outBytes: keepBytes, errBytes: keepBytes },
  };
  const code = await runProgram(COMMANDS, words, world);
  const text = pieces.join('');
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}[exit ${code}]\n`;
}

/** Compares with a golden file, or writes it. */
export function compare(path: string, got: string): void {
  if (process.env['REWRITE'] === '1') {
    writeFileSync(path, got);
    return;
  }
  assert.ok(existsSync(path), `${path} is missing: run this test with REWRITE=1 and read it`);
  assert.equal(got, readFileSync(path, 'utf8'));
}

/** Where the golden of a command's help is. */
export function helpGolden(name: string): string {
  return join(GOLDEN, 'help', `${name.replaceAll(' ', '-')}.txt`);
}
