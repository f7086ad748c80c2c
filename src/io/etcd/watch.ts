/**
 * One stream of answers from one member, until it ends, fails or falls silent.
 *
 * W1: a stream whose other end is stopped or cut off shows nothing: so it is asked for a sign of
 *     life, and given up when none comes.
 */
import { Failure } from '../../base/failure.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Connection, WatchStream } from './connection.ts';
import { failureOf } from './connection.ts';

export interface WatchAsk {
  readonly stream: WatchStream;
  readonly connection: Connection;
  /** What is asked first. */
  readonly request: Buffer;
  readonly clock: Clock;
}

export interface WatchHow {
  /** What asks for a sign of life; absent: nothing is asked, only waited. */
  readonly ping?: Buffer;
  /** Longest silence [ms]. */
  readonly silentMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Three pings unanswered: a member that is only slow is not given up. */
const SILENT_MS = 4_500;
const PINGS = 3;

/** Yields each answer. Ends quietly on `signal`. Fails: `unavailable`, `timeout`, as etcd says. */
export async function* watchOnce(ask: WatchAsk, how: WatchHow): AsyncGenerator<Buffer> {
  const { stream, connection, clock } = ask;
  const silentMs = how.silentMs ?? SILENT_MS;
  const ended = new AbortController();
  const state = { heardMs: clock.elapsedMs(), reading: true, silent: false };
  const cancel = (): void => stream.cancel();
  how.signal?.addEventListener('abort', cancel, { once: true });
  if (how.signal?.aborted === true) cancel();
  const guarding = guard(ended.signal);
  stream.write(ask.request);
  try {
    for await (const bytes of stream as AsyncIterable<Buffer>) {
      state.reading = false;
      yield bytes;
      state.reading = true;
      state.heardMs = clock.elapsedMs();
    }
  } catch (error) {
    if (how.signal?.aborted === true) return;
    if (state.silent) {
      throw new Failure('unavailable', `etcd at ${connection.endpoint} fell silent`);
    }
    throw failureOf(error, 'Watch', connection.endpoint);
  } finally {
    ended.abort();
    how.signal?.removeEventListener('abort', cancel);
    // What is still under way ends in an error that nobody waits for.
    stream.on('error', () => undefined);
    stream.cancel();
    await guarding;
  }

  async function guard(signal: AbortSignal): Promise<void> {
    for (;;) {
      await clock.sleep(silentMs / PINGS, signal);
      if (signal.aborted) return;
      // Who does not read does not hear; that is not the other side's silence.
      if (!state.reading) state.heardMs = clock.elapsedMs();
      if (clock.elapsedMs() - state.heardMs >= silentMs) {
        state.silent = true;
        stream.cancel();
        return;
      }
      if (how.ping !== undefined) stream.write(how.ping);
    }
  }
}
