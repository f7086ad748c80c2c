/**
 * What was read and encoded, kept for the next who asks: an answer that many wait for, or ask for
 * all the time, is made once for each change of it.
 *
 * K1: an answer is given again only where nothing that it looked at has changed since.
 */
import type { Codec } from '../../api/codec/codec.ts';
import { writeJson } from '../../base/json.ts';
import type { Index } from '../../base/brand.ts';
import { KEPT_ANSWER_BYTES_MAX, KEPT_ANSWERS_MAX } from '../../core/limits.ts';
import type { Read, Reading } from '../../core/state/reads.ts';
import type { StateReader } from '../../core/state/snapshot.ts';
import { watch } from '../../core/state/watch.ts';
import type { TableName } from '../../core/state/watch.ts';
import { indexOfAll } from '../parked-reads.ts';

/** A value with its JSON. */
export interface Kept<T> {
  readonly value: T;
  /** Encoded when it is first asked for. */
  readonly json: () => Uint8Array;
}

interface Known<T> {
  readonly reading: Reading<Kept<T>>;
  /** The state that was last looked at, */
  asOf: Index;
  /** and when each of the tables had last changed in it. */
  versions: readonly Index[];
}

export class KeptReadings<T> {
  readonly #codec: Codec<T>;
  readonly #tables: readonly TableName[];
  readonly #known = new Map<string, Known<T>>();
  #bytes = 0;

  /** @param tables all that the reads look at: while none of them changes, nothing else is seen */
  constructor(codec: Codec<T>, tables: readonly TableName[]) {
    this.#codec = codec;
    this.#tables = tables;
  }

  /**
   * The same read, kept.
   *
   * @param name tells it from others: equal names, equal reads
   */
  of(name: string, read: Read<T>): Read<Kept<T>> {
    return (state) => {
      const known = this.#known.get(name);
      if (known?.asOf === state.index) return known.reading;
      const versions = this.#versionsOf(state);
      const asOf = state.index;
      if (known !== undefined && isEqual(known.versions, versions)) {
        known.asOf = asOf;
        return known.reading;
      }
      const { value, keys } = read(state);
      const index = indexOfAll(state, keys);
      if (known?.reading.index === index) {
        known.asOf = asOf;
        known.versions = versions;
        return known.reading;
      }
      const reading = { value: { value, json: this.#encoder(value) }, keys, index };
      this.#keep(name, { reading, asOf, versions });
      return reading;
    };
  }

  #versionsOf(state: StateReader): readonly Index[] {
    return this.#tables.map((table) => state.indexOf(watch.table(table)));
  }

  #encoder(value: T): () => Uint8Array {
    let encoded: Uint8Array | undefined;
    return () => {
      if (encoded !== undefined) return encoded;
      encoded = encoder.encode(writeJson(this.#codec.encode(value, 'full')));
      this.#bytes += encoded.length;
      return encoded;
    };
  }

  /** Beyond the bounds all is forgotten: what is asked for often is soon there again. */
  #keep(name: string, known: Known<T>): void {
    if (this.#known.size >= KEPT_ANSWERS_MAX || this.#bytes > KEPT_ANSWER_BYTES_MAX) {
      this.#known.clear();
      this.#bytes = 0;
    }
    this.#known.set(name, known);
  }
}

const encoder = new TextEncoder();

function isEqual(a: readonly Index[], b: readonly Index[]): boolean {
  return a.every((index, i) => index === b[i]);
}
