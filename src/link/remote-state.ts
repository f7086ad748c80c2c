/** The whole state of another server, as `state-answers.ts` sends it. */
import { Failure } from '../base/failure.ts';
import type { Index } from '../base/brand.ts';
import { object, count, text } from '../core/link/shape.ts';
import { STATE_GROUP_BYTES_MAX } from '../core/limits.ts';
import { isKeptTable } from '../core/state/persist.ts';
import type { CheckpointRow } from '../ports/checkpoint.ts';
import type { EntryCodec } from '../ports/log.ts';
import type { SentState, StateSource } from '../ports/state-source.ts';
import { answerOf, bytesOf, type Caller } from './caller.ts';
import type { Exchange } from './session.ts';

const METHOD = 'server.state';
const HEAD = object<{ index: number; hash: string }>({ index: count, hash: text });

export class RemoteState implements StateSource {
  readonly name: string;
  readonly #caller: Caller;
  readonly #codec: EntryCodec<CheckpointRow>;

  /** @param name of the server, for people */
  constructor(name: string, caller: Caller, codec: EntryCodec<CheckpointRow>) {
    this.name = name;
    this.#caller = caller;
    this.#codec = codec;
  }

  async fetch(least: Index, signal: AbortSignal): Promise<SentState> {
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const exchange = await this.#caller.open(METHOD, { least }, { signal: either });
    const pieces = exchange.pieces[Symbol.asyncIterator]();
    const head = await pieces.next();
    const problem = head.done === true ? ' has no beginning' : HEAD(head.value);
    if (problem !== undefined) {
      stop.abort();
      throw torn(`the state${problem}`);
    }
    const { index, hash } = head.value as { index: Index; hash: string };
    if (index < least) {
      stop.abort();
      throw new Failure('unavailable', `"${this.name}" sent a state of index ${index} < ${least}`);
    }
    return { index, hash, groups: this.#groups(pieces, exchange, stop) };
  }

  async *#groups(
    pieces: AsyncIterator<unknown>,
    exchange: Exchange,
    stop: AbortController,
  ): AsyncGenerator<readonly CheckpointRow[]> {
    let held: Uint8Array[] = [];
    let [bytes, rows] = [0, 0];
    try {
      for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
        const piece = answerOf<{ bytes: unknown; last: unknown }>(METHOD, next.value, 'bytes');
        const part = bytesOf(piece.bytes);
        bytes += part.length;
        if (bytes > STATE_GROUP_BYTES_MAX) throw torn('a group of rows is too large');
        held.push(part);
        if (piece.last !== true) continue;
        const group = this.#decode(Buffer.concat(held));
        [held, bytes, rows] = [[], 0, rows + group.length];
        yield group;
      }
      const { rows: sent } = answerOf<{ rows: unknown }>(METHOD, await exchange.reply, 'rows');
      if (held.length > 0 || sent !== rows) throw torn(`${rows} of ${String(sent)} rows came`);
    } finally {
      stop.abort();
    }
  }

  #decode(bytes: Uint8Array): readonly CheckpointRow[] {
    let rows: readonly unknown[];
    try {
      rows = this.#codec.decode(bytes);
    } catch (cause) {
      throw torn('its rows cannot be read', cause);
    }
    return rows.map((row) => {
      if (!isRow(row)) throw torn('it holds something that is no row');
      if (!isKeptTable(row[0])) {
        const what = `the state holds "${row[0]}", which a later build knows`;
        throw new Failure('unsupported', `${what}: upgrade this server`);
      }
      return row;
    });
  }
}

function isRow(row: unknown): row is CheckpointRow {
  return (
    Array.isArray(row) &&
    row.length === 3 &&
    typeof row[0] === 'string' &&
    typeof row[1] === 'string' &&
    typeof row[2] === 'object' &&
    row[2] !== null
  );
}

function torn(why: string, cause?: unknown): Failure {
  return new Failure('internal', `a state that another server sent is damaged: ${why}`, { cause });
}
