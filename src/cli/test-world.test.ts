/** A world for tests of commands: what is printed is kept, files are a map. */
import { Failure } from '../base/failure.ts';
import type { Millis } from '../base/brand.ts';
import type { World } from './world.ts';

export interface TestWorld extends World {
  printed(): string;
  complained(): string;
}

export function testWorld(
  over: Partial<World> & { text?: Record<string, string> } = {},
): TestWorld {
  const out: string[] = [];
  const err: string[] = [];
  const text = new Map(Object.entries(over.text ?? {}));
  return {
    out: (piece) => out.push(piece),
    err: (piece) => err.push(piece),
    env: {},
    terminal: false,
    now: () => 1_795_242_889_000 as Millis,
    sleep: () => Promise.resolve(),
    signal: new AbortController().signal,
    files: {
      read: (path) => {
        const found = text.get(path);
        return found === undefined
          ? Promise.reject(new Failure('not_found', `cannot read "${path}"`))
          : Promise.resolve(found);
      },
      exists: (path) => Promise.resolve(text.has(path)),
      create: (path, content) => {
        text.set(path, content);
        return Promise.resolve();
      },
    },
    input: {
      isTerminal: false,
      bytes: async function* () {
        // Nothing is typed.
      },
      raw: () => undefined,
      size: () => undefined,
      onResize: () => () => undefined,
    },
    transport: () => Promise.reject(new Failure('unavailable', 'no agent in this test')),
    ...over,
    printed: () => out.join(''),
    complained: () => err.join(''),
  };
}
