/** Asking another agent: what is sent when nobody is in reach, and how long is waited. */
import { Failure } from '../base/failure.ts';
import type { Soon } from '../base/soon.ts';
import { LINK_PIECE_BYTES } from '../core/limits.ts';
import type { Shape } from '../core/link/shape.ts';
import type { Asked, CallOptions, Exchange } from './session.ts';

/** Asks an agent, whichever it is just now. Fails: `unavailable` nobody is in reach. */
export interface Caller {
  call(method: string, body: unknown, options: CallOptions): Promise<unknown>;
  open(method: string, body: unknown, options: CallOptions): Soon<Exchange>;
}

/** The question of a call, whose shape is what it should be. Fails: `invalid`, with its place. */
export function questionOf<T>(shape: Shape<T>, { method, body }: Asked): T {
  const problem = shape(body);
  if (problem !== undefined)
    throw new Failure('invalid', `"${method}": the question${spaced(problem)}`);
  return body as T;
}

/** An object that another agent of this cluster answered. Fails: `internal`. */
export function answerOf<T extends object>(method: string, body: unknown, field: keyof T): T {
  if (typeof body === 'object' && body !== null && field in body) return body as T;
  throw new Failure('internal', `"${method}" was answered with something else`);
}

/** The bytes of a piece of a stream. Fails: `internal`. */
export function bytesOf(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  throw new Failure('internal', 'a piece of a stream holds no bytes');
}

/** Bytes as pieces that a stream carries. */
export function* inPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += LINK_PIECE_BYTES) {
    yield bytes.subarray(at, at + LINK_PIECE_BYTES);
  }
}

/** The pieces of an answer; lets go of the stream over there when its reader stops early. */
export async function* streamOf(
  caller: Caller,
  { method, question }: { readonly method: string; readonly question: object },
  signal: AbortSignal,
): AsyncGenerator {
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  try {
    const exchange = await caller.open(method, question, { signal: either });
    yield* exchange.pieces;
  } catch (error) {
    // Who asked has gone: a stream that is given up ends quietly, as it does at home.
    if (!signal.aborted) throw error;
  } finally {
    done.abort();
  }
}

/** Hands on what is answered piece by piece. */
export async function sendAll(
  values: AsyncIterable<unknown>,
  { stream }: Pick<Asked, 'stream'>,
): Promise<null> {
  for await (const value of values) await stream.send(value);
  return null;
}

/** The same of bytes, in pieces that a stream carries. */
export async function sendBytes(
  values: AsyncIterable<Uint8Array>,
  asked: Pick<Asked, 'stream'>,
): Promise<null> {
  for await (const bytes of values) {
    for (const piece of inPieces(bytes)) await asked.stream.send(piece);
  }
  return null;
}

function spaced(problem: string): string {
  return /^[.[]/.test(problem) ? problem : ` ${problem}`;
}
