/** The `Artifacts` port: fetched beside the task's directory, checked, unpacked, then moved in. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, lstat, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../../base/failure.ts';
import { unpackedName } from '../../core/artifact/archive.ts';
import { checksumIn, type Checksum } from '../../core/artifact/checksum.ts';
import type { ArtifactOrigin, ArtifactPlan } from '../../core/artifact/source.ts';
import { CHECKSUM_LIST_BYTES_MAX } from '../../core/limits.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import { download, shown } from './download.ts';
import { checkOut } from './git.ts';
import { moveWithin, refuseStrayLinks } from './place.ts';
import { unpack } from './unpack.ts';

export const systemArtifacts: Artifacts = {
  async fetch(plan, taskDir, signal) {
    // On the same file system, out of the task's sight until all is well (F2).
    const work = await mkdtemp(join(dirname(taskDir), '.artifact-'));
    try {
      const got = await obtain(plan, work, signal);
      await deliver(plan, got, taskDir);
    } finally {
      await rm(work, { recursive: true, force: true, maxRetries: 5 });
    }
  },
};

/** Answers the file or directory that is wanted, somewhere in `work`. */
async function obtain(plan: ArtifactPlan, work: string, signal: AbortSignal): Promise<string> {
  const { origin, packing, name } = plan;
  const tree = join(work, 'tree');
  await mkdir(tree);
  if (origin.from === 'git') {
    await checkOut(origin, tree, signal);
    await refuseStrayLinks(tree, shown(name));
    return partOf(tree, plan);
  }
  const file = join(work, plan.fileName);
  await fetchFile(origin, { plan, file }, signal);
  if ((await lstat(file)).isDirectory()) return partOf(file, plan);
  await verify(plan, { file, work }, signal);
  if (packing === undefined) return file;
  await unpack({ file, name: shown(name), into: tree }, packing, signal);
  if (packing.container === 'single') return join(tree, unpackedName(plan.fileName));
  return partOf(tree, plan);
}

async function partOf(tree: string, { subdir, name }: ArtifactPlan): Promise<string> {
  if (subdir === '') return tree;
  const part = join(tree, subdir);
  const found = await lstat(part).catch(() => undefined);
  if (found === undefined || found.isSymbolicLink()) {
    throw new Failure('invalid', `${shown(name)} has no "${subdir}"`);
  }
  return part;
}

async function fetchFile(
  origin: Exclude<ArtifactOrigin, { from: 'git' }>,
  { plan, file }: { readonly plan: ArtifactPlan; readonly file: string },
  signal: AbortSignal,
): Promise<void> {
  switch (origin.from) {
    case 'http':
      await download({ url: origin.url, headers: plan.headers, file }, signal);
      return;
    case 's3': {
      const { signedHeaders } = await import('./s3.ts');
      await download({ url: origin.url, headers: await signedHeaders(origin), file }, signal);
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
  { file, work }: { readonly file: string; readonly work: string },
  signal: AbortSignal,
): Promise<void> {
  const wanted = await wantedChecksum(plan, work, signal);
  if (wanted === undefined) return;
  const hash = createHash(wanted.kind);
  await pipeline(createReadStream(file), hash, { signal });
  const found = hash.digest('hex');
  if (found === wanted.hex) return;
  throw new Failure(
    'invalid',
    `Checksums did not match for ${shown(plan.name)}: expected ${wanted.kind} ${wanted.hex}, got ${found}`,
  );
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
  const isDir = (await lstat(got)).isDirectory();
  if (mode === 'file' && isDir) {
    throw new Failure('invalid', `${shown(name)} is a directory, and its mode is "file"`);
  }
  const target = mode === 'file' || isDir ? destination : `${destination}/${lastPart(got)}`;
  await moveWithin(taskDir, got, target.replace(/\/+$/, ''));
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
