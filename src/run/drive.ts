/**
 * Drives a machine: takes inputs, steps, keeps the state, carries effects out, wakes it in time.
 *
 * D1: the state is handed to `settled` before any effect that follows from it is begun.
 * D2: inputs are taken in the order in which they were sent, one step each.
 * D3: a wake-up that is late or repeated is harmless: the machine is told the time, no more.
 */
import type { Millis } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { Turn } from '../base/turn.ts';
import type { Clock } from '../ports/clock.ts';

export interface Machine<State, Input, Effect> {
  readonly initial: State;
  /** Effects to begin with, before any input is taken: what a restored state still waits for. */
  readonly pending: readonly Effect[];
  /** What a wake-up is told as. */
  readonly tick: Input;
  step(state: State, input: Input, now: Millis): Turn<State, Effect>;
}

export interface Edge<State, Effect> {
  /** Keeps and tells the state after a batch of inputs. A rejection ends the drive. */
  settled(state: State): Promise<void>;
  /** Carries one effect out; answers come back through `send`. A rejection is a bug. */
  perform(effect: Effect): Promise<void>;
}

/**
 * Inputs that may wait. A machine is asked a few things a second; more means somebody runs wild.
 */
const INPUTS_MAX = 10_000;
/** Longest single wait [ms]: timers do not reach further than 24 days. */
const WAIT_MS_MAX = 86_400_000;

/** One machine in motion. `run` once; `send` at any time. */
export class Drive<State, Input, Effect> {
  readonly #machine: Machine<State, Input, Effect>;
  readonly #edge: Edge<State, Effect>;
  readonly #clock: Clock;
  readonly #inputs: Input[] = [];
  readonly #underway = new Set<Promise<void>>();
  #state: State;
  #wakeAt: Millis | undefined;
  #wake: () => void = () => undefined;
  #broken: { readonly error: unknown } | undefined;

  constructor(
    machine: Machine<State, Input, Effect>,
    deps: { readonly edge: Edge<State, Effect>; readonly clock: Clock },
  ) {
    this.#machine = machine;
    this.#edge = deps.edge;
    this.#clock = deps.clock;
    this.#state = machine.initial;
  }

  get state(): State {
    return this.#state;
  }

  /** Fails: `exhausted` when far too many inputs wait. */
  send(input: Input): void {
    if (this.#inputs.length >= INPUTS_MAX) {
      throw new Failure('exhausted', `cannot take more than ${INPUTS_MAX} inputs at once`);
    }
    this.#inputs.push(input);
    this.#wake();
  }

  /** Resolves after an abort, when every effect under way has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#wake();
    signal.addEventListener('abort', wake, { once: true });
    try {
      for (const effect of this.#machine.pending) this.#begin(effect);
      while (!signal.aborted && this.#broken === undefined) {
        if (this.#inputs.length > 0) await this.#turn();
        else if (this.#isDue()) this.#inputs.push(this.#machine.tick);
        else await this.#idle(signal);
      }
    } finally {
      signal.removeEventListener('abort', wake);
      await Promise.all(this.#underway);
    }
    if (this.#broken !== undefined) throw this.#broken.error;
  }

  async #turn(): Promise<void> {
    const before = this.#state;
    const effects: Effect[] = [];
    for (const input of this.#inputs.splice(0)) {
      const turn = this.#machine.step(this.#state, input, this.#clock.now());
      this.#state = turn.state;
      this.#wakeAt = turn.wakeAt;
      effects.push(...turn.effects);
    }
    if (this.#state !== before) await this.#edge.settled(this.#state);
    for (const effect of effects) this.#begin(effect);
  }

  #begin(effect: Effect): void {
    const done = this.#edge
      .perform(effect)
      .catch((error: unknown) => {
        this.#broken ??= { error };
        this.#wake();
      })
      .finally(() => this.#underway.delete(done));
    this.#underway.add(done);
  }

  #isDue(): boolean {
    return this.#wakeAt !== undefined && this.#wakeAt <= this.#clock.now();
  }

  async #idle(signal: AbortSignal): Promise<void> {
    const sleep = new AbortController();
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    // What came between the look at the queue and here must not be slept over.
    if (signal.aborted || this.#inputs.length > 0 || this.#broken !== undefined) return;
    const waits = [woken];
    if (this.#wakeAt !== undefined) {
      const ms = Math.min(Math.max(this.#wakeAt - this.#clock.now(), 1), WAIT_MS_MAX);
      waits.push(this.#clock.sleep(ms, sleep.signal));
    }
    await Promise.race(waits);
    sleep.abort();
  }
}
