/**
 * The wall clock of one machine's agent, which can be set (libfaketime, from Debian's packages).
 *
 * W1: it is what `Date` answers in processes of ours that were started with it. Clocks that nobody
 *     sets (`performance.now`, timers) run on, as they do where an operator sets a real clock; those
 *     of etcd and of tasks are left alone.
 */
import { readdirSync, renameSync, writeFileSync } from 'node:fs';

const PLACES = ['/usr/lib', '/usr/lib64', '/usr/local/lib'];
const LIBRARY = 'faketime/libfaketimeMT.so.1';

/** Where the library is; undefined: it is not installed. */
export function clockLibrary(): string | undefined {
  for (const place of PLACES) {
    for (const below of ['', ...namesIn(place)]) {
      const dir = `${place}/${below}`;
      if (namesIn(`${dir}/faketime`).length > 0) return `${dir}/${LIBRARY}`;
    }
  }
  return undefined;
}

export class WallClock {
  readonly #file: string;
  readonly #library: string;

  /** @param file of its own, which says how far off it is */
  constructor(file: string, library: string) {
    this.#file = file;
    this.#library = library;
    this.set(0);
  }

  /** What the environment of the agent adds. */
  get env(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: this.#library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      // How soon a change is seen [s].
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DISABLE_SHM: '1',
    };
  }

  /** Sets it so much ahead of the machine's own, or behind. */
  set(aheadMs: number): void {
    const seconds = (aheadMs / 1_000).toFixed(3);
    // Whole at any time: readers look whenever they like.
    writeFileSync(`${this.#file}.new`, aheadMs < 0 ? seconds : `+${seconds}`);
    renameSync(`${this.#file}.new`, this.#file);
  }
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
