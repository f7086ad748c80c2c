/** Answers that go on: lines of JSON, raw bytes. */
import { encodeFull, type Shape } from '../../api/codec/codec.ts';
import { writeJson } from '../../base/json.ts';
import type { Clock } from '../../ports/clock.ts';
import type { HttpReply } from '../../ports/http.ts';

/**
 * How long a stream's beginning is awaited: a failure known by then is a status, a later one can
 * only break the connection off.
 */
const PRIME_MS = 100;

/** Answers values, each on a line of its own. */
export function linesReply(lines: AsyncIterable<string>): HttpReply {
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body: lines };
}

/** Answers bytes as they come. */
export function bytesReply(bytes: AsyncIterable<Uint8Array>): HttpReply {
  return { status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: bytes };
}

/** Each value as a line of JSON; an empty one as a heartbeat. */
export async function* toLines<T>(
  values: AsyncIterable<T>,
  codec: Shape<T>,
  isHeartbeat: (value: T) => boolean,
): AsyncGenerator<string> {
  for await (const value of values) {
    yield isHeartbeat(value) ? '{}\n' : `${writeJson(encodeFull(codec, value))}\n`;
  }
}

/**
 * Starts a stream, so that a failure of its beginning is thrown here, where it can still become a
 * proper answer.
 */
export async function primed<T>(
  source: AsyncIterable<T>,
  clock: Clock,
  signal: AbortSignal,
): Promise<AsyncIterable<T>> {
  const iterator = source[Symbol.asyncIterator]();
  const first = iterator.next();
  await soon(first, PRIME_MS, { clock, signal });
  return resumed(first, iterator);
}

async function* resumed<T>(
  first: Promise<IteratorResult<T>>,
  iterator: AsyncIterator<T>,
): AsyncGenerator<T> {
  try {
    for (let next = await first; next.done !== true; next = await iterator.next()) {
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

/**
 * Passes values on, with a heartbeat whenever nothing came for `everyMs`.
 *
 * @param beat makes the heartbeat's value
 */
export async function* withHeartbeats<T>(
  source: AsyncIterable<T>,
  beat: () => T,
  everyMs: number,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    for (;;) {
      const first = await soon(next, everyMs, { clock, signal });
      if (signal.aborted) return;
      if (first?.done === true) return;
      yield first === undefined ? beat() : first.value;
      if (first !== undefined) next = iterator.next();
    }
  } finally {
    // What is still awaited ends with the signal; nobody reads its outcome any more.
    next.catch(() => undefined);
    await iterator.return?.();
  }
}

/** What a promise resolves to within a time, else undefined. */
async function soon<T>(
  promise: Promise<T>,
  withinMs: number,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<T | undefined> {
  const settled = new AbortController();
  const late = clock
    .sleep(withinMs, AbortSignal.any([signal, settled.signal]))
    .then(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    settled.abort();
  }
}
