/**
 * Bundles the program into `dist/`: one entry for the command line, the agent's parts in chunks of
 * their own that are read only when they are wanted.
 *
 * esbuild splits code only between ES modules, and V8's code cache works only for scripts, so the
 * build has two steps: split, then turn each chunk into a script (a CommonJS wrapper), which
 * `bin/muster` loads through its cache.
 *
 * B1: what runs is never half written: chunks are named by their content, and the manifest that
 * names the entry is replaced in one rename, last.
 * B2: the manifest's time is that of the build's start, so an edit during a build is seen as newer.
 * B3: two scripts of one name are equal: V8 tells its cached code's source by length alone.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build, transform, version } from 'esbuild';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

/** Native addons stay in node_modules; the last two are optional parts of `ws` nobody needs. */
const EXTERNAL = ['lmdb', 'msgpackr-extract', 'bufferutil', 'utf-8-validate'];

/** A running agent may still read a chunk of the build it was started from. */
const KEEP_OLD_MS = 60 * 60_000;

const startedAt = new Date();
await mkdir(dist, { recursive: true });
const chunks = await split();
const written = new Set<string>();
for (const [name, code] of chunks) await writeChunk(name, code, written);
const main = [...written].find((name) => name.startsWith('main-'));
if (main === undefined) throw new Error('the build made no entry');
await replace('manifest.json', JSON.stringify({ main }));
await utimes(join(dist, 'manifest.json'), startedAt, startedAt);
await removeOld(written);

/** Bundles the sources into ES modules, by file name; their code carries its source map inline. */
async function split(): Promise<Map<string, string>> {
  // The hash is of what goes into a chunk; how it is made must show in its name too (B3).
  const names = `[name]-[hash]-${await recipe()}`;
  const result = await build({
    absWorkingDir: root,
    entryPoints: [{ in: 'src/main.ts', out: 'main' }],
    outdir: dist,
    entryNames: names,
    chunkNames: names,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: EXTERNAL,
    sourcemap: 'inline',
    write: false,
    logLevel: 'error',
  });
  return new Map(result.outputFiles.map((file) => [basename(file.path), file.text]));
}

/** Six letters that change with this script and with esbuild. */
async function recipe(): Promise<string> {
  const self = await readFile(import.meta.filename);
  return createHash('sha256').update(self).update(version).digest('hex').slice(0, 6);
}

async function writeChunk(name: string, code: string, written: Set<string>): Promise<void> {
  const script = await transform(code, {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    sourcefile: name,
    sourcemap: 'external',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '__fileUrl' },
    logLevel: 'error',
  });
  const fileUrl = script.code.includes('__fileUrl')
    ? 'const __fileUrl=require("node:url").pathToFileURL(__filename).href;'
    : '';
  await replace(name, `${fileUrl}${script.code}//# sourceMappingURL=${name}.map\n`);
  await replace(`${name}.map`, script.map);
  written.add(name).add(`${name}.map`);
}

/** Writes beside and renames, so that no reader sees half a file (B1). */
async function replace(name: string, content: string): Promise<void> {
  const beside = join(dist, `${name}.${process.pid}`);
  await writeFile(beside, content);
  await rename(beside, join(dist, name));
}

async function removeOld(current: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(dist)) {
    if (name === 'manifest.json' || current.has(name)) continue;
    const { mtimeMs } = await stat(join(dist, name));
    if (Date.now() - mtimeMs > KEEP_OLD_MS) await rm(join(dist, name), { force: true });
  }
}
