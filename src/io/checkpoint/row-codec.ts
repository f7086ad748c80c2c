/**
 * Rows as msgpack records whose field names are stored once for all rows, beside them.
 *
 * V1: the names that a row needs are stored in the same transaction as the row; `pending` tells the
 *     store that there are new ones.
 * V2: names are only ever added, so a row decodes for as long as it is stored.
 * V3: values that many rows share by reference are packed once and put into each row as bytes: why
 *     an allocation is where it is takes more than all the rest of it.
 */
import { Packr } from 'msgpackr';

/** The field names of each known shape, in the order of their ids. */
export type Shapes = readonly (readonly string[])[];

/** Two bytes address this many. */
const SHARED_SHAPES_MAX = 512;
/** Shapes that are given names; the rest are maps, whose rows are longer. */
const SHAPES_MAX = SHARED_SHAPES_MAX - 32;

/**
 * What our own records look like. Maps keyed by ids or by what users write would crowd them out.
 */
const FIELD = /^[a-z][A-Za-z0-9]{0,40}$/;

/** Fields of rows that hold such values (V3). */
const SHARED_FIELDS = ['metrics', 'resources'] as const;

export class RowCodec {
  readonly #packr: Packr;
  #shapes: Shapes;
  #isPending = false;
  /** Shapes by their first name: looked through for each object of each row. */
  readonly #known = new Map<string, Shapes[number][]>();
  #size = 0;
  readonly #packed = new WeakMap<object, Uint8Array>();

  /** @param known what was stored, or an empty list for a new store */
  constructor(known: Shapes) {
    this.#shapes = known;
    for (const names of known) this.#learn(names);
    // The published types lack some options that the library's documentation names.
    const options = {
      // What is not shared is a map, never a record of its row's own: where ids take two bytes, a
      // row that names such a record twice does not decode.
      useRecords: (value: object) => this.#isShared(Object.keys(value)),
      mapsAsObjects: true,
      moreTypes: true,
      int64AsType: 'bigint',
      // Handed over this way, and not as `structures`, shapes beyond the 32nd decode rightly, too.
      getStructures: (): Shapes => this.#shapes.map((names) => [...names]),
      maxSharedStructures: SHARED_SHAPES_MAX,
      saveStructures: (shapes: Shapes): boolean => {
        this.#shapes = shapes.map((names) => [...names]);
        this.#isPending = true;
        return true;
      },
    } as const;
    this.#packr = new Packr(
      options as unknown as NonNullable<ConstructorParameters<typeof Packr>[0]>,
    );
  }

  /** All shapes, when there are some that are not stored yet (V1). */
  get pending(): Shapes | undefined {
    return this.#isPending ? this.#shapes : undefined;
  }

  /** The store has them now. */
  settle(): void {
    this.#isPending = false;
  }

  encode(value: unknown): Buffer {
    if (!isRow(value)) return this.#packr.pack(value);
    let row = value;
    for (const field of SHARED_FIELDS) {
      const shared = value[field];
      if (!isRow(shared)) continue;
      if (row === value) row = { ...value };
      row[field] = this.#packOnce(shared);
    }
    return this.#packr.pack(row);
  }

  decode(bytes: Uint8Array): unknown {
    const value: unknown = this.#packr.unpack(bytes);
    if (!isRow(value)) return value;
    for (const field of SHARED_FIELDS) {
      const shared = value[field];
      if (shared instanceof Uint8Array) value[field] = this.#packr.unpack(shared);
    }
    return value;
  }

  #packOnce(shared: object): Uint8Array {
    const known = this.#packed.get(shared);
    if (known !== undefined) return known;
    // A copy: what the packer answers is a piece of a larger buffer.
    const packed = new Uint8Array(this.#packr.pack(shared));
    this.#packed.set(shared, packed);
    return packed;
  }

  #isShared(names: readonly string[]): boolean {
    const mates = this.#known.get(names[0] ?? '');
    if (mates?.some((shape) => isSame(shape, names)) === true) return true;
    if (this.#size >= SHAPES_MAX || !names.every((name) => FIELD.test(name))) return false;
    this.#learn(names);
    return true;
  }

  #learn(names: readonly string[]): void {
    const mates = this.#known.get(names[0] ?? '');
    if (mates === undefined) this.#known.set(names[0] ?? '', [names]);
    else mates.push(names);
    this.#size += 1;
  }
}

function isSame(shape: readonly string[], names: readonly string[]): boolean {
  return shape.length === names.length && shape.every((name, n) => name === names[n]);
}

function isRow(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value)
  );
}
