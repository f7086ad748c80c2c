/**
 * Finds others as long as nobody else is there: those that the configuration names, and those that
 * were known in the last life.
 */
import { explain } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import { addressText, type Address } from '../core/gossip/address.ts';
import type { Clock } from '../ports/clock.ts';
import { untilAborted } from '../run/aborted.ts';

export interface Joinable {
  /** Nobody is there whose company counts, and nobody is being left. */
  isAlone(): boolean;
  /** Known in the last life and not met in this one. */
  remembered(): readonly Address[];
  /** Fails: as `Gossip.join`. */
  join(text: string): Promise<unknown>;
}

export interface JoiningDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly note: (line: string) => void;
}

/** Attempts to join while nobody else is there [ms]: at first, and at last. */
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 30_000;
/** Of those that are remembered, so many are tried in one attempt. */
const REMEMBERED_TRIES = 8;

export class Joining {
  readonly #retryJoin: readonly string[];
  readonly #pool: Joinable;
  readonly #deps: JoiningDeps;
  #lastNote = '';

  constructor(retryJoin: readonly string[], pool: Joinable, deps: JoiningDeps) {
    this.#retryJoin = retryJoin;
    this.#pool = pool;
    this.#deps = deps;
  }

  /** Runs until `signal` aborts: nobody who does not answer is waited for then. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps;
    let delayMs = RETRY_MS_MIN;
    while (!signal.aborted) {
      const isVain = this.#retryJoin.length === 0 && this.#pool.remembered().length === 0;
      // There is nobody to look for, and there never will be.
      if (isVain) return untilAborted(signal);
      if (this.#pool.isAlone()) {
        const isFound = await this.#joinAny(signal);
        delayMs = isFound ? RETRY_MS_MIN : Math.min(delayMs * 2, RETRY_MS_MAX);
      }
      await clock.sleep(delayMs * (0.5 + random.next()), signal);
    }
  }

  /** True where somebody else was found. */
  async #joinAny(signal: AbortSignal): Promise<boolean> {
    const problems: string[] = [];
    const join = async (address: string): Promise<void> => {
      if (signal.aborted) return;
      const joined = this.#pool.join(address).then(() => undefined, explain);
      const problem = await orAborted(joined, signal);
      if (problem !== undefined) problems.push(problem);
    };
    for (const address of this.#retryJoin) await join(address);
    // One of them is enough: it knows the others.
    for (const address of this.#drawn()) {
      if (!this.#pool.isAlone()) break;
      await join(addressText(address));
    }
    if (!this.#pool.isAlone() || signal.aborted) return true;
    const line = `nobody to join as yet: ${problems.join('; ')}`;
    // Once is enough for as long as nothing changes.
    if (problems.length > 0 && line !== this.#lastNote) this.#deps.note(line);
    this.#lastNote = line;
    return false;
  }

  #drawn(): readonly Address[] {
    const left = [...this.#pool.remembered()];
    const drawn: Address[] = [];
    while (left.length > 0 && drawn.length < REMEMBERED_TRIES) {
      const [one] = left.splice(Math.floor(this.#deps.random.next() * left.length), 1);
      if (one !== undefined) drawn.push(one);
    }
    return drawn;
  }
}

/** Its value; undefined as soon as the signal is given. */
function orAborted<T>(value: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const end = (): void => resolve(undefined);
    signal.addEventListener('abort', end, { once: true });
    value.finally(() => signal.removeEventListener('abort', end)).then(resolve, reject);
  });
}
