/**
 * Finds headers by name, whatever their case. Each header of each request and answer is looked up,
 * and almost all are passed on unread: those are told by length and first letter, without a copy.
 */

/** Names are looked at to that length; longer ones are never asked for. */
const LENGTH_MAX = 32;

export class HeaderNames<Kind> {
  readonly #kinds: ReadonlyMap<string, Kind>;
  /** By length and first letter: 1 where one of the names begins so. */
  readonly #begins = new Uint8Array(LENGTH_MAX * 32);

  /** @param kinds by name in lower case, shorter than 32 letters */
  constructor(kinds: Iterable<readonly [name: string, kind: Kind]>) {
    this.#kinds = new Map(kinds);
    for (const name of this.#kinds.keys()) this.#begins[placeOf(name)] = 1;
  }

  /** Undefined: it is none of them. */
  get(name: string): Kind | undefined {
    if (name.length >= LENGTH_MAX || this.#begins[placeOf(name)] !== 1) return undefined;
    return this.#kinds.get(name.toLowerCase());
  }
}

/** Letters differ from their other case in a higher bit. */
function placeOf(name: string): number {
  return name.length * 32 + (name.charCodeAt(0) & 31);
}
