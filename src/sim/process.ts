/**
 * A process that may be killed at any instant, as `kill -9` does it.
 *
 * P1: after its death nothing that it asked of the world is answered: not by time, not by a disk,
 *     not by another machine. What it had begun stands as far as it got.
 * P2: a port in use by a dead process is asked nothing any more.
 * P3: while it stands still (SIGSTOP, or its machine sleeps) nothing reaches it; what would have
 *     comes as soon as it goes on, in the order in which it came.
 */
import type { AlarmClock } from '../ports/clock.ts';

type Method = (...args: unknown[]) => unknown;

export class SimProcess {
  readonly name: string;
  #isAlive = true;
  /** What came while it stands still; undefined: it runs. */
  #held: (() => void)[] | undefined;

  constructor(name: string) {
    this.name = name;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  kill(): void {
    this.#isAlive = false;
    this.#held = undefined;
  }

  /** Stands still until `resume` (P3). */
  pause(): void {
    this.#held ??= [];
  }

  resume(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const act of held) this.enter(act);
  }

  /** Something from outside reaches it: now, once it goes on, or never. */
  enter(act: () => void): void {
    if (!this.#isAlive) return;
    if (this.#held === undefined) act();
    else this.#held.push(act);
  }

  /**
   * The clock as this process sees it. `skewMs` answers how far its own is ahead at present; how
   * long it sleeps, and what has elapsed, does not follow jumps, as with a monotonic timer.
   */
  clock(clock: AlarmClock, skewMs: () => number): AlarmClock {
    return {
      now: () => (clock.now() + skewMs()) as ReturnType<AlarmClock['now']>,
      elapsedMs: () => clock.elapsedMs(),
      sleep: (ms, signal) => this.guard(() => clock.sleep(ms, signal)),
      alarm: (ms, ring) => {
        let isOff = false;
        const off = clock.alarm(ms, () => this.enter(() => isOff || ring()));
        return () => {
          isOff = true;
          off();
        };
      },
    };
  }

  /** What `work` answers, unless the process is dead by then (P1). */
  guard<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#isAlive) return never();
    const working = work();
    return new Promise((resolve) => {
      working.then(
        (value) => this.enter(() => resolve(value)),
        () => this.enter(() => resolve(working)),
      );
    });
  }

  /**
   * A port as this process sees it: methods that answer promises are guarded, and so are the
   * objects with methods that they answer (an open file) or hold. Others are passed through while
   * it lives.
   */
  fence<T extends object>(port: T): T {
    const methods = new Map<PropertyKey, Method>();
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return this.#inner(value);
        const known = methods.get(name);
        if (known !== undefined) return known;
        const fenced = this.#method(target, value as Method);
        methods.set(name, fenced);
        return fenced;
      },
    });
  }

  #method(target: object, method: Method): Method {
    return (...args) => {
      if (!this.#isAlive) return never();
      const answer = method.apply(target, args);
      if (!(answer instanceof Promise)) return answer;
      return this.guard(async () => this.#inner(await answer));
    };
  }

  #inner(value: unknown): unknown {
    return hasMethods(value) ? this.fence(value) : value;
  }
}

/** Plain data has none: arrays, bytes, maps and rows are handed on as they are. */
function hasMethods(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return false;
  return Object.values(value).some((member) => typeof member === 'function');
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
