/**
 * Compiles tests once for all of their processes: starting a process of a test through the loader
 * costs more than most tests do.
 *
 * M1: a compiled test finds what lies beside its source: `import.meta` says the source's place.
 * M2: each run has a directory of its own, below node_modules so that packages are found. What a run
 *     that was killed left there goes with a later one.
 */
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const DIRECTORY = 'tests-';
/** Longer than any run takes [ms]. */
const LEFT_OVER_MS = 6 * 3_600_000;

export class TestModules implements AsyncDisposable {
  readonly #root: string;
  readonly #directory: string;

  private constructor(root: string, directory: string) {
    this.#root = root;
    this.#directory = directory;
  }

  /** @param files of TypeScript, relative to the root */
  static async compile(root: string, files: readonly string[]): Promise<TestModules> {
    // The real one: tests tell of themselves by it, wherever a link leads there.
    const cache = join(await realpath(join(root, 'node_modules')), '.cache');
    await mkdir(cache, { recursive: true });
    await clear(cache);
    const modules = new TestModules(root, await mkdtemp(join(cache, DIRECTORY)));
    await build({
      absWorkingDir: root,
      entryPoints: [...files],
      outdir: modules.#directory,
      outbase: root,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      keepNames: true,
      sourcemap: 'linked',
      plugins: [places],
      logLevel: 'error',
    });
    return modules;
  }

  /** Where a source's module is. */
  compiled(file: string): string {
    return join(this.#directory, file.replace(/\.ts$/, '.mjs'));
  }

  /** The source of a module, relative to the root; of anything else, its path there. */
  source(path: string): string {
    const within = relative(this.#directory, path);
    return within.startsWith('..') ? relative(this.#root, path) : within.replace(/\.mjs$/, '.ts');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** M2. */
async function clear(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(DIRECTORY)) continue;
    const path = join(cache, name);
    // Its owner may be about to remove it.
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
    if (Date.now() - mtimeMs > LEFT_OVER_MS) await rm(path, { recursive: true, force: true });
  }
}

/** M1. Lines stay where they are, for the sake of source maps. */
const places: Plugin = {
  name: 'places',
  setup: (bundle) => {
    bundle.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.filename', JSON.stringify(path))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
      return { contents, loader: 'ts' };
    });
  },
};
