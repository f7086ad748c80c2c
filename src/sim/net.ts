/**
 * A network that delays, loses, doubles and reorders messages and falls apart, all from a seed.
 *
 * A call is two messages, there and back. As over a connection, a caller never waits forever: what
 * was lost, either way, ends in `unavailable` after a while, and nobody knows whether it was done.
 *
 * N1: a call that fails may have been carried out, or may yet be, also after a later one.
 * N2: a message that arrives was sent, and arrives at most twice.
 */
import { Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { Clock } from '../ports/clock.ts';

/** How bad things are. Chances are from 0 to 1. */
export interface NetWeather {
  readonly latencyMsMin: number;
  readonly latencyMsMax: number;
  readonly lost: number;
  readonly doubled: number;
  /** How often a message takes up to `lateMsMax` instead: later ones overtake it. */
  readonly late: number;
  readonly lateMsMax: number;
}

export const FAIR_WEATHER: NetWeather = {
  latencyMsMin: 1,
  latencyMsMax: 3,
  lost: 0,
  doubled: 0,
  late: 0,
  lateMsMax: 0,
};

/** How long it takes until a caller learns that nothing will come [ms]. */
const GIVE_UP_MS_MIN = 1_000;
const GIVE_UP_MS_MAX = 8_000;

export interface Hop {
  readonly from: string;
  readonly to: string;
}

interface Call {
  readonly hop: Hop;
  readonly fail: (why: string) => void;
}

export class SimNet {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #calls = new Set<Call>();
  /** Those who are cut off; `from>to` cuts one way only. */
  readonly #cuts = new Set<string>();
  weather: NetWeather = FAIR_WEATHER;
  /** What became of messages: for reports. */
  readonly counts = { sent: 0, lost: 0, doubled: 0, late: 0 };

  constructor(deps: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = deps.clock;
    this.#random = deps.random.fork('net');
  }

  /** Cuts a host off. Its open calls fail after a while. */
  cut(host: string): void {
    this.#cuts.add(host);
    for (const call of this.#calls) if (!this.#isOpen(call.hop)) this.#giveUp(call);
  }

  /** Cuts one direction only: what goes there is lost, what comes back arrives. */
  cutOneWay({ from, to }: Hop): void {
    this.#cuts.add(`${from}>${to}`);
  }

  /** Undoes the cuts of a host. */
  mend(host: string): void {
    for (const cut of this.#cuts) {
      if (cut === host || cut.startsWith(`${host}>`) || cut.endsWith(`>${host}`)) {
        this.#cuts.delete(cut);
      }
    }
  }

  mendAll(): void {
    this.#cuts.clear();
  }

  /** Breaks every open call to or from a host at once: its process has ended. */
  reset(host: string): void {
    for (const call of [...this.#calls]) {
      if (call.hop.from === host || call.hop.to === host) call.fail('the connection was reset');
    }
  }

  /**
   * Carries a question there and its answer back. `deliver` may be called not at all, or twice; its
   * signal aborts once nobody waits for the answer.
   *
   * Fails: what `deliver` fails with; `unavailable` something was lost; `canceled` by `signal`.
   */
  call<T>(hop: Hop, deliver: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    if (signal.aborted) return Promise.reject(new Failure('canceled', 'the question was given up'));
    return new Promise((resolve, reject) => {
      const over = new AbortController();
      const end = (settle: () => void): void => {
        if (over.signal.aborted) return;
        signal.removeEventListener('abort', cancel);
        this.#calls.delete(call);
        over.abort();
        settle();
      };
      const fail = (why: string): void => {
        end(() => reject(new Failure('unavailable', `cannot reach "${hop.to}": ${why}`)));
      };
      const call = { hop, fail };
      const cancel = (): void => {
        end(() => reject(new Failure('canceled', 'the question was given up')));
      };
      signal.addEventListener('abort', cancel, { once: true });
      this.#calls.add(call);
      const back = { from: hop.to, to: hop.from };
      const answered = (settle: () => void): void => {
        this.#send(
          back,
          () => end(settle),
          () => this.#giveUp(call),
        );
      };
      const arrive = (): void => {
        deliver(over.signal).then(
          (value) => answered(() => resolve(value)),
          (error: unknown) => answered(() => reject(asError(error))),
        );
      };
      this.#send(hop, arrive, () => this.#giveUp(call));
    });
  }

  /** One message on its way: it arrives once, twice or never. */
  #send(hop: Hop, arrive: () => void, lose: () => void): void {
    const { weather } = this;
    this.counts.sent += 1;
    if (!this.#isOpen(hop) || this.#chance(weather.lost)) {
      this.counts.lost += 1;
      lose();
      return;
    }
    const isDoubled = this.#chance(weather.doubled);
    if (isDoubled) this.counts.doubled += 1;
    for (let i = isDoubled ? 2 : 1; i > 0; i--) {
      this.#after(this.#latency(), () => (this.#isOpen(hop) ? arrive() : lose()));
    }
  }

  #latency(): number {
    const { latencyMsMin, latencyMsMax, late, lateMsMax } = this.weather;
    if (!this.#chance(late)) return this.#between(latencyMsMin, latencyMsMax);
    this.counts.late += 1;
    return this.#between(latencyMsMax, lateMsMax);
  }

  #giveUp(call: Call): void {
    const ms = this.#between(GIVE_UP_MS_MIN, GIVE_UP_MS_MAX);
    this.#after(ms, () => call.fail('no answer'));
  }

  #after(ms: number, act: () => void): void {
    this.#clock.sleep(ms, new AbortController().signal).then(act, () => undefined);
  }

  #isOpen({ from, to }: Hop): boolean {
    return !this.#cuts.has(from) && !this.#cuts.has(to) && !this.#cuts.has(`${from}>${to}`);
  }

  /** Draws only where there is a chance at all, so that fair weather changes no later draw. */
  #chance(of: number): boolean {
    return of > 0 && this.#random.next() < of;
  }

  #between(min: number, max: number): number {
    return min + this.#random.next() * (max - min);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Failure('internal', String(error));
}
