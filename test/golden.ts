import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

/** Runs one line of a script against a fresh world and returns what the reader should see. */
export type Verb = (args: readonly string[]) => string;

/**
 * Replays every `*.txt` under `dir`: `> command` lines, each followed by the output it must print.
 * `REWRITE=1` writes what was printed instead; read that diff as you would read code.
 */
export function golden(dir: string, world: () => Readonly<Record<string, Verb>>): void {
  for (const file of readdirSync(dir)
    .filter((f) => f.endsWith('.txt'))
    .sort()) {
    test(file, () => {
      const path = join(dir, file);
      const want = readFileSync(path, 'utf8');
      const verbs = world();
      const got =
        want
          .split(/\n(?=[>#])|\n\n+/)
          .map((block) => {
            const line = block.split('\n', 1)[0] ?? '';
            if (!line.startsWith('> ')) return block.startsWith('#') ? block : undefined;
            const [name = '', ...args] = line.slice(2).split(/\s+/);
            const out = (verbs[name] ?? (() => `unknown verb ${name}`))(args);
            return out === '' ? line : `${line}\n${out}`;
          })
          .filter((b) => b !== undefined && b !== '')
          .join('\n\n') + '\n';
      if (process.env['REWRITE'] === '1') writeFileSync(path, got);
      else assert.equal(got, want);
    });
  }
}
