/** The `Artifacts` port: fetched beside the task's directory, checked, unpacked, then moved in. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, lstat, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../../base/failure.ts';
import { fitsPattern, isPattern, unpackedName } from '../../core/artifact/archive.ts';
import { ARTIFACT_LIMITS, type ArtifactLimits } from '../../core/artifact/artifact-limits.ts';
import { checksumIn, type Checksum } from '../../core/artifact/checksum.ts';
import type { ArtifactOrigin, ArtifactPlan } from '../../core/artifact/source.ts';
import { CHECKSUM_LIST_BYTES_MAX } from '../../core/limits.ts';
import type { Artifacts, ArtifactTarget } from '../../ports/artifacts.ts';
import { ArtifactCache, type CacheOptions } from './cache.ts';
import { download, shown } from './download.ts';
import { checkOut } from './git.ts';
import { moveWithin, refuseStrayLinks } from './place.ts';
import { unpack } from './unpack.ts';

/** Fetches from the world, and keeps what may be shared. */
export class SystemArtifacts implements Artifacts {
  readonly #cache: ArtifactCache;
  readonly #limits: ArtifactLimits;

  constructor(cache: CacheOptions, limits: ArtifactLimits = ARTIFACT_LIMITS) {
    this.#cache = new ArtifactCache(cache);
    this.#limits = limits;
  }

  async fetch(plan: ArtifactPlan, target: ArtifactTarget, signal: AbortSignal): Promise<void> {
    const { taskDir, progress } = target;
    // On the same file system, out of the task's sight until all is well (F2).
    const work = await mkdtemp(join(dirname(taskDir), '.artifact-'));
    try {
      const got = await this.#obtain(plan, { work, progress }, signal);
      await deliver(plan, got, taskDir);
    } finally {
      await rm(work, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  /** Answers the file or directory that is wanted, somewhere in `work`. */
  async #obtain(plan: ArtifactPlan, place: Place, signal: AbortSignal): Promise<string> {
    const { origin, packing, name } = plan;
    const tree = join(place.work, 'tree');
    await mkdir(tree);
    if (origin.from === 'git') {
      await checkOut(origin, tree, signal);
      await refuseStrayLinks(tree, shown(name));
      return partOf(tree, plan);
    }
    // Apart from all else in here, as its name is another's choice.
    const file = join(place.work, 'file', plan.fileName === '' ? 'all' : plan.fileName);
    await mkdir(dirname(file));
    const wanted = await wantedChecksum(plan, place.work, signal);
    const limits = this.#limits;
    const fetched = { plan, file, progress: place.progress, bytesMax: limits.httpBytesMax };
    if (origin.from === 'file' || !ArtifactCache.takes(wanted)) {
      await fetchFile(origin, fetched, signal);
      if ((await lstat(file)).isDirectory()) return partOf(file, plan);
      await verify(plan, { file, wanted }, signal);
    } else {
      await this.#cache.alone(wanted, signal, () =>
        this.#fetchShared(origin, { ...fetched, wanted }, signal),
      );
    }
    if (packing === undefined) return file;
    await unpack({ file, name: shown(name), into: tree, limits }, packing, signal);
    if (packing.container === 'single') return join(tree, unpackedName(plan.fileName));
    return partOf(tree, plan);
  }

  /** What was fetched before is checked as if it came from afar. */
  async #fetchShared(
    origin: FileOrigin,
    fetched: Fetched & { readonly wanted: Checksum },
    signal: AbortSignal,
  ): Promise<void> {
    const { plan, file, wanted } = fetched;
    if (await this.#cache.take(wanted, file)) {
      if (await matches(file, wanted, signal)) return;
      await this.#cache.drop(wanted);
      await rm(file, { force: true });
    }
    await fetchFile(origin, fetched, signal);
    await verify(plan, { file, wanted }, signal);
    await this.#cache.keep(wanted, file);
  }
}

type FileOrigin = Exclude<ArtifactOrigin, { from: 'git' }>;

interface Place {
  readonly work: string;
  readonly progress: ArtifactTarget['progress'];
}

interface Fetched {
  readonly plan: ArtifactPlan;
  readonly file: string;
  readonly progress: ArtifactTarget['progress'];
  /** Of what comes over HTTP. */
  readonly bytesMax: number;
}

async function partOf(tree: string, { subdir, name }: ArtifactPlan): Promise<string> {
  if (subdir === '') return tree;
  const part = join(tree, isPattern(subdir) ? await onlyFit(tree, subdir, name) : subdir);
  const found = await lstat(part).catch(() => undefined);
  if (found === undefined || found.isSymbolicLink()) {
    throw new Failure('invalid', `${shown(name)} has no "${subdir}"`);
  }
  return part;
}

async function onlyFit(tree: string, pattern: string, name: string): Promise<string> {
  const found = await readdir(tree, { recursive: true });
  const fits = found.filter((path) => fitsPattern(pattern, path));
  const [only, ...more] = fits;
  if (only !== undefined && more.length === 0) return only;
  throw new Failure(
    'invalid',
    `"${pattern}" fits ${fits.length} entries of ${shown(name)}, not one`,
  );
}

async function fetchFile(
  origin: FileOrigin,
  { plan, file, progress, bytesMax }: Fetched,
  signal: AbortSignal,
): Promise<void> {
  switch (origin.from) {
    case 'http':
      await download({ url: origin.url, headers: plan.headers, file, progress, bytesMax }, signal);
      return;
    case 's3': {
      const { fetchFromS3 } = await import('./s3.ts');
      await fetchFromS3(origin, { file, progress }, signal);
      return;
    }
    case 'file':
      try {
        await cp(origin.path, file, { recursive: true, verbatimSymlinks: true });
      } catch (cause) {
        throw new Failure('invalid', `cannot copy "${origin.path}"`, { cause });
      }
  }
}

async function verify(
  plan: ArtifactPlan,
  { file, wanted }: { readonly file: string; readonly wanted: Checksum | undefined },
  signal: AbortSignal,
): Promise<void> {
  if (wanted === undefined) return;
  const found = await hashOf(file, wanted, signal);
  if (found === wanted.hex) return;
  throw new Failure(
    'invalid',
    `Checksums did not match for ${shown(plan.name)}: expected ${wanted.kind} ${wanted.hex}, got ${found}`,
  );
}

async function matches(file: string, wanted: Checksum, signal: AbortSignal): Promise<boolean> {
  return (await hashOf(file, wanted, signal)) === wanted.hex;
}

async function hashOf(file: string, { kind }: Checksum, signal: AbortSignal): Promise<string> {
  const hash = createHash(kind);
  await pipeline(createReadStream(file), hash, { signal });
  return hash.digest('hex');
}

async function wantedChecksum(
  { checksum, fileName, headers, name }: ArtifactPlan,
  work: string,
  signal: AbortSignal,
): Promise<Checksum | undefined> {
  if (checksum === undefined || 'hex' in checksum) return checksum;
  const file = join(work, '.checksums');
  await download({ url: checksum.listUrl, headers, file }, signal);
  const list = await readFile(file);
  if (list.length > CHECKSUM_LIST_BYTES_MAX) {
    throw new Failure('exhausted', `the checksums at ${shown(checksum.listUrl)} are too long`);
  }
  const found = checksumIn(list.toString('utf8'), fileName);
  if (found !== undefined) return found;
  throw new Failure('invalid', `${shown(checksum.listUrl)} has no checksum of ${shown(name)}`);
}

/**
 * `file`: what was fetched is the destination. `dir`, and `any` for what has many files: it is in
 * the destination.
 */
async function deliver(plan: ArtifactPlan, got: string, taskDir: string): Promise<void> {
  const { mode, destination, name } = plan;
  const found = mode === 'file' ? await onlyFile(got) : got;
  if (found === undefined) {
    throw new Failure('invalid', `${shown(name)} is a directory, and its mode is "file"`);
  }
  const isDir = (await lstat(found)).isDirectory();
  const target = mode === 'file' || isDir ? destination : `${destination}/${lastPart(found)}`;
  await moveWithin(taskDir, found, target.replace(/\/+$/, ''));
}

/** The file itself, or the one in a directory of nothing else; else undefined. */
async function onlyFile(path: string): Promise<string | undefined> {
  if (!(await lstat(path)).isDirectory()) return path;
  const [only, ...more] = await readdir(path, { withFileTypes: true });
  return only?.isFile() === true && more.length === 0 ? join(path, only.name) : undefined;
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
