/**
 * Where an artifact comes from, as job files write it: a URL with a way to fetch it in front
 * (`git::https://...`), a part of it behind (`//sub/dir`), and options in its query.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/artifact
 */
import type { Artifact } from '../model/task.ts';
import { packingNamed, packingOf, staysInside, type Packing } from './archive.ts';
import { parseChecksum, type WantedChecksum } from './checksum.ts';

export type ArtifactOrigin =
  | Readonly<{ from: 'http'; url: string }>
  /** `sshKey` is Base64; empty: none. `depth` 0: all of it. */
  | Readonly<{ from: 'git'; url: string; ref: string; sshKey: string; depth: number }>
  | Readonly<{ from: 's3'; url: string; region: string; credentials?: S3Credentials }>
  | Readonly<{ from: 'file'; path: string }>;

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Empty: none. */
  readonly sessionToken: string;
}

/** An artifact, understood. */
export interface ArtifactPlan {
  readonly origin: ArtifactOrigin;
  readonly headers: Readonly<Record<string, string>>;
  /** What people know it by: the URL without its secrets. */
  readonly name: string;
  /** The file's own name; for `git` unused. */
  readonly fileName: string;
  /** The part that is wanted; empty: all. */
  readonly subdir: string;
  readonly checksum?: WantedChecksum;
  /** Absent: it is left as it came. */
  readonly packing?: Packing;
  readonly mode: Artifact['mode'];
  /** Relative to the task's directory. */
  readonly destination: string;
}

/** Understands an artifact whose texts are interpolated, or says what is wrong with it. */
export function planArtifact(artifact: Artifact): ArtifactPlan | { readonly mistake: string } {
  const { forced, rest } = splitForced(artifact.source.trim());
  const { base, subdir } = splitSubdir(detect(rest, forced));
  const split = splitQuery(base, artifact.options);
  const checksumText = split.options.get('checksum');
  const checksum = checksumText === undefined ? undefined : parseChecksum(checksumText);
  if (checksum !== undefined && 'mistake' in checksum) return checksum;
  if (!staysInside(artifact.destination)) {
    return { mistake: `destination "${artifact.destination}" leads out of the task's directory` };
  }
  if (!staysInside(subdir)) return { mistake: `"//${subdir}" leads out of the artifact` };
  const origin = originOf(split, forced);
  if ('mistake' in origin) return origin;
  const fileName = split.options.get('filename') ?? lastPart(split.address);
  if (!isTree(origin) && !isFileName(fileName)) {
    return { mistake: `source "${split.address}" names no file` };
  }
  const packing = packingFor(fileName, split.options.get('archive'));
  if (packing !== undefined && 'mistake' in packing) return packing;
  return {
    origin,
    headers: artifact.headers,
    name: split.address,
    fileName,
    subdir,
    ...(checksum === undefined ? {} : { checksum }),
    ...(packing === undefined || origin.from === 'git' ? {} : { packing }),
    mode: artifact.mode,
    destination: artifact.destination,
  };
}

/** What comes as many files by nature. */
function isTree(origin: ArtifactOrigin): boolean {
  return origin.from === 'git' || (origin.from === 's3' && origin.url.endsWith('/'));
}

const FORCED = /^([A-Za-z0-9]+)::(.+)$/;

function splitForced(source: string): { readonly forced: string; readonly rest: string } {
  const [, forced = '', rest = source] = FORCED.exec(source) ?? [];
  return { forced: forced.toLowerCase(), rest };
}

/** Short spellings of well-known places. */
function detect(source: string, forced: string): string {
  const scp = /^(?:ssh:\/\/)?([\w.-]+@[\w.-]+):(?!\d+\/)(.+)$/.exec(source);
  if (scp !== null) return `ssh://${scp[1] ?? ''}/${scp[2] ?? ''}`;
  const hosted = /^(github\.com|gitlab\.com|bitbucket\.org)\/([^/]+)\/([^/?]+)(.*)$/.exec(source);
  if (hosted !== null && forced !== 'http') {
    const [, host = '', owner = '', repository = '', more = ''] = hosted;
    const git = repository.endsWith('.git') ? repository : `${repository}.git`;
    const part = more.startsWith('/') && !more.startsWith('//') ? `/${more}` : more;
    return `https://${host}/${owner}/${git}${part}`;
  }
  if (/^[\w.-]*s3[\w.-]*\.amazonaws\.com\//.test(source)) return `https://${source}`;
  return source;
}

/** `//` after the host begins the part that is wanted. */
function splitSubdir(source: string): { readonly base: string; readonly subdir: string } {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(source)?.[0].length ?? 0;
  const query = source.indexOf('?');
  const end = query < 0 ? source.length : query;
  const at = source.indexOf('//', scheme);
  if (at < 0 || at >= end || scheme === 0) return { base: source, subdir: '' };
  return { base: source.slice(0, at) + source.slice(end), subdir: source.slice(at + 2, end) };
}

interface Split {
  /** Without its options. */
  readonly address: string;
  readonly options: ReadonlyMap<string, string>;
}

/** Options of ours; all else in a query is the server's. */
const OPTIONS: ReadonlySet<string> = new Set([
  ...['archive', 'checksum', 'filename', 'ref', 'sshkey', 'depth', 'region', 'version'],
  ...['aws_access_key_id', 'aws_access_key_secret', 'aws_access_token', 'aws_profile'],
]);

function splitQuery(base: string, written: Artifact['options']): Split {
  const mark = base.indexOf('?');
  const options = new Map(Object.entries(written));
  if (mark < 0) return { address: base, options };
  const kept: string[] = [];
  for (const pair of base.slice(mark + 1).split('&')) {
    const [name = '', ...value] = pair.split('=');
    if (OPTIONS.has(name)) options.set(name, decoded(value.join('=')));
    else if (pair !== '') kept.push(pair);
  }
  const address = base.slice(0, mark);
  return { address: kept.length === 0 ? address : `${address}?${kept.join('&')}`, options };
}

function originOf(
  { address, options }: Split,
  forced: string,
): ArtifactOrigin | { readonly mistake: string } {
  switch (forced === '' ? usualWay(address) : forced) {
    case 'git':
      return gitOrigin(address, options);
    case 's3':
      return s3Origin(address, options);
    case 'http':
    case 'https':
      return { from: 'http', url: address };
    case 'file':
      return { from: 'file', path: decoded(address.replace(/^file:\/\//i, '')) };
    case '':
      return {
        mistake: `source "${address}" is neither http, https, git, s3 nor an absolute file`,
      };
    default:
      return { mistake: `source "${address}": there is no way to fetch "${forced}::"` };
  }
}

/** How an address is fetched that does not say; empty: no way is known. */
function usualWay(address: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(address)?.[1]?.toLowerCase() ?? '';
  if (scheme === 'git' || scheme === 'ssh' || isGitUrl(address)) return 'git';
  if (isS3(address)) return 's3';
  if (scheme === '' && address.startsWith('/')) return 'file';
  return ['http', 'https', 'file'].includes(scheme) ? scheme : '';
}

function isGitUrl(address: string): boolean {
  return /^https?:\/\/[^/]+\/.*\.git$/.test(address);
}

function isS3(address: string): boolean {
  return /^https?:\/\/([\w.-]+\.)?s3[\w.-]*\.amazonaws\.com\//.test(address);
}

function gitOrigin(
  url: string,
  options: Split['options'],
): ArtifactOrigin | { readonly mistake: string } {
  const ref = options.get('ref') ?? '';
  // What begins with a dash would be taken for an option of git's.
  if (ref.startsWith('-') || url.startsWith('-')) {
    return { mistake: `"${ref}" is not the name of a branch, tag or commit` };
  }
  const depth = Number(options.get('depth') ?? 0);
  if (!Number.isSafeInteger(depth) || depth < 0) return { mistake: 'depth is not a number' };
  return { from: 'git', url, ref, sshKey: options.get('sshkey') ?? '', depth };
}

function s3Origin(
  address: string,
  options: Split['options'],
): ArtifactOrigin | { readonly mistake: string } {
  if ((options.get('aws_profile') ?? '') !== '') {
    return { mistake: 'aws_profile is not looked at: give aws_access_key_id and its secret' };
  }
  const version = options.get('version') ?? '';
  const plain = /^https?:\/\//.test(address) ? address : `https://${address}`;
  const url = version === '' ? plain : `${plain}?versionId=${encodeURIComponent(version)}`;
  const accessKeyId = options.get('aws_access_key_id') ?? '';
  const region =
    options.get('region') ?? /\bs3[.-]([a-z0-9-]+)\.amazonaws\.com/.exec(url)?.[1] ?? 'us-east-1';
  if (accessKeyId === '') return { from: 's3', url, region };
  const secretAccessKey = options.get('aws_access_key_secret') ?? '';
  const sessionToken = options.get('aws_access_token') ?? '';
  return { from: 's3', url, region, credentials: { accessKeyId, secretAccessKey, sessionToken } };
}

function packingFor(
  fileName: string,
  archive: string | undefined,
): Packing | undefined | { readonly mistake: string } {
  if (archive === undefined || archive === '' || archive === 'true') return packingOf(fileName);
  if (archive === 'false' || archive === '0') return undefined;
  return packingNamed(archive) ?? { mistake: `archive "${archive}" is of no kind that is known` };
}

function lastPart(address: string): string {
  const path = address.replace(/\?.*$/, '').replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '');
  return decoded(path.slice(path.lastIndexOf('/') + 1));
}

function isFileName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
