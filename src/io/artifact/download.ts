/**
 * Downloads over HTTP into a file: follows redirects, goes on where a broken connection left off.
 *
 * D1: headers of the job's author, and a user and password, go to the host that they were written
 *     for and to no other.
 * D2: what is gone on with is the same file as before, where the server says which it is.
 */
import { open, stat, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Dispatcher } from 'undici';
import { Failure } from '../../base/failure.ts';
import { ARTIFACT_BYTES_MAX } from '../../core/limits.ts';
import type { ArtifactProgress } from '../../ports/artifacts.ts';
import { loadUndici } from '../http/undici.ts';

export interface Download {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Written to, and grown by later attempts. */
  readonly file: string;
  readonly progress?: ((got: ArtifactProgress) => void) | undefined;
  /** Absent: the most that anything may be. */
  readonly bytesMax?: number;
}

const REDIRECTS_MAX = 10;
const ATTEMPTS_MAX = 3;
/** A server that sends nothing for so long is given up [ms]. */
const SILENCE_MS_MAX = 60_000;

/** Fails: as `Artifacts.fetch`. */
export async function download(wanted: Download, signal: AbortSignal): Promise<void> {
  const resumed: Resumed = {};
  for (let attempt = 1; ; attempt++) {
    try {
      await downloadOnce(wanted, resumed, signal);
      return;
    } catch (error) {
      if (signal.aborted) throw new Failure('canceled', 'the download was given up');
      if (error instanceof Failure) throw error;
      if (attempt === ATTEMPTS_MAX) {
        throw new Failure('unavailable', `cannot download ${shown(wanted.url)}`, { cause: error });
      }
    }
  }
}

/** What one attempt leaves to the next. */
interface Resumed {
  /** Names the content, as the server does: a strong tag, or a date. */
  validator?: string;
}

async function downloadOnce(
  wanted: Download,
  resumed: Resumed,
  signal: AbortSignal,
): Promise<void> {
  const have = (await stat(wanted.file).catch(() => undefined))?.size ?? 0;
  const range = {
    range: `bytes=${have}-`,
    ...(resumed.validator === undefined ? {} : { 'if-range': resumed.validator }),
  };
  const answer = await follow(wanted, have > 0 ? range : {}, signal);
  const resumes = answer.statusCode === 206;
  const validator = validatorOf(answer.headers);
  if (validator !== undefined) resumed.validator = validator;
  const file = await open(wanted.file, resumes ? 'a' : 'w');
  try {
    const from = resumes ? have : 0;
    const length = Number(answer.headers['content-length'] ?? NaN);
    const total = Number.isFinite(length) ? { totalBytes: from + length } : {};
    await keep(answer.body, file, {
      bytesMax: (wanted.bytesMax ?? ARTIFACT_BYTES_MAX) - from,
      got: (bytes) => wanted.progress?.({ receivedBytes: from + bytes, ...total }),
    });
  } finally {
    await file.close();
  }
}

function validatorOf(headers: Dispatcher.ResponseData['headers']): string | undefined {
  const { etag, 'last-modified': modified } = headers;
  if (typeof etag === 'string' && !etag.startsWith('W/')) return etag;
  return typeof modified === 'string' ? modified : undefined;
}

/** Bytes that wait for the disk before the sender has to wait. */
const UNWRITTEN_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Writes what comes as it comes: of a body that is read piece by piece, a broken connection would
 * take along what came and was not read yet.
 */
async function keep(
  body: Readable,
  file: FileHandle,
  { bytesMax, got }: { readonly bytesMax: number; readonly got: (bytes: number) => void },
): Promise<void> {
  let written: Promise<unknown> = Promise.resolve();
  let unwritten = 0;
  let left = bytesMax;
  body.on('data', (piece: Uint8Array) => {
    left -= piece.length;
    got(bytesMax - left);
    unwritten += piece.length;
    if (left < 0) body.destroy(new Failure('exhausted', 'the artifact is larger than allowed'));
    if (unwritten > UNWRITTEN_BYTES_MAX) body.pause();
    written = written.then(async () => {
      await file.write(piece);
      unwritten -= piece.length;
      if (unwritten <= UNWRITTEN_BYTES_MAX) body.resume();
    });
    written.catch((error: unknown) => {
      body.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  try {
    await finished(body);
  } finally {
    await written;
  }
}

async function follow(
  { url: begin, headers }: Download,
  range: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const { request } = await loadUndici();
  let url = new URL(begin);
  const { origin } = url;
  const own = { ...basicAuth(url), ...headers };
  url.username = url.password = '';
  const have = 'range' in range;
  for (let hops = 0; hops <= REDIRECTS_MAX; hops++) {
    const answer = await request(url, {
      signal,
      headers: {
        ...(url.origin === origin ? own : {}),
        ...range,
      },
      headersTimeout: SILENCE_MS_MAX,
      bodyTimeout: SILENCE_MS_MAX,
    });
    const { location } = answer.headers;
    const isRedirect = answer.statusCode >= 300 && answer.statusCode < 400;
    if (!isRedirect || typeof location !== 'string') return judged(answer, url, have);
    await answer.body.dump();
    url = new URL(location, url);
    if (!/^https?:$/.test(url.protocol)) {
      throw new Failure('invalid', `${shown(begin)} leads to "${url.protocol}//"`);
    }
  }
  throw new Failure('invalid', `${shown(begin)} leads on and on`);
}

/** `https://user:password@host/`. */
function basicAuth({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

async function judged(
  answer: Dispatcher.ResponseData,
  url: URL,
  have: boolean,
): Promise<Dispatcher.ResponseData> {
  const { statusCode } = answer;
  if (statusCode === 200 || (statusCode === 206 && have)) return answer;
  await answer.body.dump();
  // What is on disk is all there is: an earlier attempt was broken off at the very end.
  if (statusCode === 416 && have) return { ...answer, statusCode: 206, body: emptyBody() };
  const isPassing = statusCode >= 500 || statusCode === 408 || statusCode === 429;
  throw new Failure(
    isPassing ? 'unavailable' : 'invalid',
    `cannot download ${shown(url.href)}: bad response code: ${statusCode}`,
    { facts: { statusCode } },
  );
}

function emptyBody(): Dispatcher.ResponseData['body'] {
  return Readable.from([]) as unknown as Dispatcher.ResponseData['body'];
}

/** An address without what may be secret: user, password and query. */
export function shown(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//').replace(/\?.*$/, '');
}
