/** A world for tests of commands: what is printed is kept, files are a map. */
import { Failure } from '../base/failure.ts';
import type { Millis } from '../base/brand.ts';
import type { World } from './world.ts';

export interface TestWorld extends World {
  printed(): string;
  complained(): string;
}

/** @param over replaces parts of it; `text` are the files, `typed` is standard input */
export function testWorld(
  over: Partial<World> & { text?: Record<string, string>; typed?: string } = {},
): TestWorld {
  const out: string[] = [];
  const err: string[] = [];
  const decoder = new TextDecoder();
  const text = new Map(Object.entries(over.text ?? {}));
  const typed = over.typed ?? '';
  const read = (path: string): Promise<string> => {
    const found = path === '-' ? typed : text.get(path);
    return found === undefined
      ? Promise.reject(new Failure('not_found', `cannot read "${path}"`))
      : Promise.resolve(found);
  };
  return {
    out: (piece) => out.push(piece),
    outBytes: (bytes) => {
      out.push(decoder.decode(bytes));
      return Promise.resolve();
    },
    err: (piece) => err.push(piece),
    errBytes: (bytes) => {
      err.push(decoder.decode(bytes));
      return Promise.resolve();
    },
    env: {},
    terminal: false,
    now: () => 1_795_242_889_000 as Millis,
    sleep: () => Promise.resolve(),
    signal: new AbortController().signal,
    files: {
      read,
      readBytes: async (path) => new TextEncoder().encode(await read(path)),
      exists: (path) => Promise.resolve(text.has(path)),
      list: (path) => {
        const within = [...text.keys()].filter((one) => one.startsWith(`${path}/`)).sort();
        const depth = path.split('/').length + 1;
        const files = within.filter((one) => one.split('/').length === depth);
        if (within.length > 0) return Promise.resolve(files);
        return read(path).then(() => undefined);
      },
      create: (path, content) => {
        text.set(path, content);
        return Promise.resolve();
      },
      writeBytes: () => Promise.reject(new Failure('unsupported', 'no byte files in this test')),
    },
    input: {
      isTerminal: false,
      // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous
      bytes: async function* () {
        if (typed !== '') yield new TextEncoder().encode(typed);
      },
      raw: () => undefined,
      size: () => undefined,
      onResize: () => () => undefined,
    },
    connect: () => ({
      send: () => Promise.reject(new Failure('unavailable', 'no agent in this test')),
    }),
    programs: {
      run: () => Promise.reject(new Failure('not_found', 'no programs in this test')),
      guard: () => Promise.reject(new Failure('not_found', 'no programs in this test')),
    },
    uptimeMs: () => 0,
    randomBytes: (count) => Uint8Array.from({ length: count }, (_, i) => i),
    onTerminate: () => undefined,
    templates: {
      host: () => Promise.resolve({ env: {} }),
      replace: (path, content) => {
        const written = decoder.decode(content);
        const changed = text.get(path) !== written;
        text.set(path, written);
        return Promise.resolve(changed);
      },
      start: () => Promise.reject(new Failure('not_found', 'no programs in this test')),
      remove: (path) => {
        text.delete(path);
        return Promise.resolve();
      },
      filesIn: (path) => {
        const within = [...text.keys()].filter((one) => one.startsWith(`${path}/`)).sort();
        return Promise.resolve(within.length > 0 ? within : [path]);
      },
      onSignal: () => () => undefined,
      pid: 1,
      chance: () => 0,
    },
    functionHost: () => Promise.resolve({}),
    ...over,
    printed: () => out.join(''),
    complained: () => err.join(''),
  };
}
