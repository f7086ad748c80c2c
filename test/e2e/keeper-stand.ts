/**
 * Directories and a real keeper process for tests: bundled once, as it is shipped, because loading
 * sources through tsx costs half a second and ten times the memory.
 */
import { build } from 'esbuild';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { KeeperClient } from '../../src/io/keeper/client.ts';
import type { KeeperPlace } from '../../src/io/keeper/find-keeper.ts';

export interface Stand {
  readonly dir: string;
  readonly place: KeeperPlace;
  client(): KeeperClient;
  /** Ends the keeper and every task it still has, and removes the directory. */
  clear(): Promise<void>;
}

export async function makeStand(): Promise<Stand> {
  const dir = mkdtempSync(join(tmpdir(), 'keeper-'));
  const bundle = join(dir, 'keeper.mjs');
  await bundleTo(join(import.meta.dirname, 'keeper-main.ts'), bundle);
  const place = placeIn(dir);
  const clients: KeeperClient[] = [];
  const client = (): KeeperClient => {
    const made = new KeeperClient(place);
    clients.push(made);
    return made;
  };
  const clear = async (): Promise<void> => {
    const last = new KeeperClient(place);
    for (const kept of await last.list(new AbortController().signal)) await last.forget(kept);
    for (const one of clients) one.close();
    await last.end();
    rmSync(dir, { recursive: true, force: true });
  };
  return { dir, place, client, clear };
}

export function placeIn(dir: string): KeeperPlace {
  const socketPath = join(dir, 'keeper.sock');
  return {
    socketPath,
    logPath: join(dir, 'keeper.log'),
    version: 'test',
    command: [process.execPath, join(dir, 'keeper.mjs'), socketPath, join(dir, 'fifo'), 'test'],
  };
}

export async function bundleTo(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Packages that are CommonJS inside ask for Node's own modules.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
}

/** Polls until it holds; fails with `what` after `ms`. */
export async function until(what: string, holds: () => unknown, ms = 60_000): Promise<void> {
  const deadline = Date.now() + ms;
  for (;;) {
    const value = holds();
    if (value instanceof Promise ? await value : value) return;
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await delay(5);
  }
}

/** The rotated files of one stream, joined in order, with the highest number. */
export function output(base: string): { text: string; files: number[] } {
  const at = base.lastIndexOf('/');
  const prefix = `${base.slice(at + 1)}.`;
  const files = readdirSync(base.slice(0, at))
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((a, b) => a - b);
  return { text: files.map((n) => readFileSync(`${base}.${n}`, 'latin1')).join(''), files };
}

export const forever = new AbortController().signal;
