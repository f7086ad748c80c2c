/**
 * What agents say to each other, frame by frame, and the reading of what a stranger sent.
 *
 * FR1: what is read back is what was written; anything else is a problem with words, never a throw.
 * FR2: a frame that can be believed is bounded in every part but its body, whose size its bytes
 *      bound.
 */
import { FAULTS, type Fault } from '../../base/failure.ts';
import { LINK_DATA_BYTES_MAX, LINK_TEXT_MAX } from '../limits.ts';

/** Of one exchange: odd where the dialling side began it, even where the other did. */
export type ExchangeId = number;

export type Frame =
  /** Before the session is open: who is there, and proofs (`hello.ts`). */
  | Readonly<{ kind: 'hello'; body: unknown }>
  /** Begins an exchange. `deadlineMs`: nobody waits for its reply any longer; 0: no bound. */
  | Readonly<{
      kind: 'call';
      id: ExchangeId;
      method: string;
      deadlineMs: number;
      body: unknown;
    }>
  /** A piece of a stream, either way; costs one credit. */
  | Readonly<{ kind: 'data'; id: ExchangeId; body: unknown }>
  /** The caller sends no more pieces. */
  | Readonly<{ kind: 'end'; id: ExchangeId }>
  /** Ends the exchange: its answer. */
  | Readonly<{ kind: 'reply'; id: ExchangeId; body: unknown }>
  /** Ends the exchange: why there is no answer. */
  | Readonly<{ kind: 'error'; id: ExchangeId; error: LinkError }>
  /** Ends the exchange: the caller does not want the answer any more. */
  | Readonly<{ kind: 'cancel'; id: ExchangeId }>
  /** So many more pieces may be sent. */
  | Readonly<{ kind: 'credit'; id: ExchangeId; count: number }>
  | Readonly<{ kind: 'ping' }>
  | Readonly<{ kind: 'pong' }>;

/** A failure as it travels. */
export interface LinkError {
  readonly fault: Fault;
  readonly message: string;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** Why bytes are no frame. */
export interface FrameProblem {
  readonly problem: string;
}

/** In the order of their numbers on the wire: append only. */
const KINDS = [
  'hello',
  'call',
  'data',
  'end',
  'reply',
  'error',
  'cancel',
  'credit',
  'ping',
  'pong',
] as const satisfies readonly Frame['kind'][];

/** A frame as a list: half the bytes of a record, and nothing to look names up in. */
export function toWire(frame: Frame): readonly unknown[] {
  const kind = KINDS.indexOf(frame.kind);
  switch (frame.kind) {
    case 'hello':
      return [kind, frame.body];
    case 'call':
      return [kind, frame.id, frame.method, frame.deadlineMs, frame.body];
    case 'data':
    case 'reply':
      return [kind, frame.id, frame.body];
    case 'error':
      return [kind, frame.id, frame.error.fault, frame.error.message, frame.error.facts];
    case 'credit':
      return [kind, frame.id, frame.count];
    case 'end':
    case 'cancel':
      return [kind, frame.id];
    case 'ping':
    case 'pong':
      return [kind];
  }
}

/**
 * Reads a frame (FR1).
 *
 * @param size of the whole frame [bytes]: a piece of a stream is small
 */
export function fromWire(wire: unknown, size: number): Frame | FrameProblem {
  if (!Array.isArray(wire)) return { problem: 'a frame is a list' };
  const parts: readonly unknown[] = wire;
  const kind = typeof parts[0] === 'number' ? KINDS[parts[0]] : undefined;
  if (kind === undefined) return { problem: 'no such kind of frame' };
  if (kind === 'hello') return { kind, body: parts[1] };
  if (kind === 'ping' || kind === 'pong') return { kind };
  const id = parts[1];
  if (!isCount(id) || id === 0) return { problem: `a ${kind} frame has no proper id` };
  if (kind === 'data' && size > LINK_DATA_BYTES_MAX) {
    return { problem: `a piece of a stream of ${size} bytes` };
  }
  return ofExchange(kind, id, parts);
}

type ExchangeKind = Exclude<Frame['kind'], 'hello' | 'ping' | 'pong'>;

function ofExchange(
  kind: ExchangeKind,
  id: ExchangeId,
  parts: readonly unknown[],
): Frame | FrameProblem {
  switch (kind) {
    case 'call':
      return readCall(id, parts);
    case 'data':
    case 'reply':
      return { kind, id, body: parts[2] };
    case 'error':
      return readError(id, parts);
    case 'credit':
      if (!isCount(parts[2]) || parts[2] === 0) return { problem: 'credit is a positive number' };
      return { kind, id, count: parts[2] };
    case 'end':
    case 'cancel':
      return { kind, id };
  }
}

/** Narrows the answer of `fromWire`. */
export function isFrame(value: Frame | FrameProblem): value is Frame {
  return 'kind' in value;
}

function readCall(id: ExchangeId, parts: readonly unknown[]): Frame | FrameProblem {
  const [, , method, deadlineMs, body] = parts;
  if (!isText(method) || method === '') return { problem: 'a call names a method' };
  if (!isCount(deadlineMs)) return { problem: 'a deadline is a number of milliseconds' };
  return { kind: 'call', id, method, deadlineMs, body };
}

function readError(id: ExchangeId, parts: readonly unknown[]): Frame | FrameProblem {
  const [, , named, message, facts] = parts;
  if (typeof message !== 'string') return { problem: 'an error says why' };
  // Of a later build: what it means cannot be known.
  const fault: Fault = isFault(named) ? named : 'internal';
  return { kind: 'error', id, error: { fault, message, facts: readFacts(facts) } };
}

/** Facts are few and flat; others are left out. */
const FACTS_MAX = 16;

function readFacts(facts: unknown): LinkError['facts'] {
  if (typeof facts !== 'object' || facts === null) return {};
  const read = Object.entries(facts as Readonly<Record<string, unknown>>).filter(
    (fact): fact is [string, string | number] =>
      typeof fact[1] === 'string' || typeof fact[1] === 'number',
  );
  return Object.fromEntries(read.slice(0, FACTS_MAX));
}

function isFault(value: unknown): value is Fault {
  return typeof value === 'string' && Object.hasOwn(FAULTS, value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LINK_TEXT_MAX;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
