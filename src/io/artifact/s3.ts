/**
 * Objects of S3 and its like, and all that is below a prefix; signed where credentials are given.
 *
 * Source: Amazon S3 API reference, "GetObject" and "ListObjectsV2".
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AwsClient } from 'aws4fetch';
import { Failure } from '../../base/failure.ts';
import { staysInside } from '../../core/artifact/archive.ts';
import { bucketOf, encodedPath, keysIn, signableUrl } from '../../core/artifact/s3-listing.ts';
import type { ArtifactOrigin } from '../../core/artifact/source.ts';
import { ARTIFACT_ENTRIES_MAX } from '../../core/limits.ts';
import type { ArtifactProgress } from '../../ports/artifacts.ts';
import { download, shown } from './download.ts';

type S3Origin = Extract<ArtifactOrigin, { from: 's3' }>;

interface Into {
  /** Becomes the object, or a directory of what is below it. */
  readonly file: string;
  readonly progress: ((got: ArtifactProgress) => void) | undefined;
}

const NOT_FOUND = 404;

/** Fails: as `Artifacts.fetch`. */
export async function fetchFromS3(
  origin: S3Origin,
  into: Into,
  signal: AbortSignal,
): Promise<void> {
  if (origin.url.endsWith('/')) {
    await fetchBelow(origin, into, signal);
    return;
  }
  try {
    const url = signableUrl(origin.url);
    await download({ url, headers: await signedHeaders(origin, url), ...into }, signal);
  } catch (error) {
    const isAbsent = error instanceof Failure && error.facts['statusCode'] === NOT_FOUND;
    // As a prefix there may still be something; if not, the first answer is the better one.
    if (!isAbsent || !(await fetchBelow(origin, into, signal).then(yes, no))) throw error;
  }
}

const yes = (): boolean => true;
const no = (): boolean => false;

async function fetchBelow(origin: S3Origin, into: Into, signal: AbortSignal): Promise<void> {
  const { base, prefix } = bucketOf(origin.url);
  const keys = await keysBelow(origin, { base, prefix, scratch: `${into.file}.keys` }, signal);
  const files = keys.filter((key) => !key.endsWith('/'));
  if (files.length === 0) throw new Failure('invalid', `${shown(origin.url)} has nothing in it`);
  for (const key of files) {
    const path = key.slice(prefix.length);
    if (!staysInside(path)) {
      throw new Failure('invalid', `${shown(origin.url)}: "${key}" leads out of the directory`);
    }
    const file = join(into.file, path);
    await mkdir(dirname(file), { recursive: true });
    const url = `${base}/${encodedPath(key)}`;
    const headers = await signedHeaders(origin, url);
    await download({ url, headers, file, progress: into.progress }, signal);
  }
}

async function keysBelow(
  origin: S3Origin,
  at: { readonly base: string; readonly prefix: string; readonly scratch: string },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const keys: string[] = [];
  for (let token = ''; ;) {
    const query = new URLSearchParams({ 'list-type': '2', prefix: at.prefix });
    if (token !== '') query.set('continuation-token', token);
    const url = `${at.base}/?${query.toString()}`;
    const headers = await signedHeaders(origin, url);
    await download({ url, headers, file: at.scratch }, signal);
    const listing = keysIn(await readFile(at.scratch, 'utf8'));
    await rm(at.scratch);
    keys.push(...listing.keys);
    if (keys.length > ARTIFACT_ENTRIES_MAX) {
      const most = `more than ${ARTIFACT_ENTRIES_MAX} entries`;
      throw new Failure('exhausted', `${shown(origin.url)} has ${most}`);
    }
    if (listing.next === undefined) return keys;
    token = listing.next;
  }
}

/** The headers that make a GET of the owner of the credentials. */
async function signedHeaders(
  origin: S3Origin,
  url: string,
): Promise<Readonly<Record<string, string>>> {
  if (origin.credentials === undefined) return {};
  const { sessionToken, ...keys } = origin.credentials;
  const client = new AwsClient({
    ...keys,
    ...(sessionToken === '' ? {} : { sessionToken }),
    service: 's3',
    region: origin.region,
  });
  const signed = await client.sign(url);
  return Object.fromEntries(signed.headers);
}
