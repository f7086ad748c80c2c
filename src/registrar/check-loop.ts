/**
 * Runs the checks of this agent: each in its time, a bounded number at once.
 *
 * CL1: at most `CHECKS_RUNNING_MAX` probes run at once, and `SCRIPT_CHECKS_RUNNING_MAX` commands
 *      among them; who waits is served in the order of falling due.
 * CL2: what becomes of a check that was removed or replaced is told to nobody; its run is ended.
 */
import TinyQueue from 'tinyqueue';
import type { Millis } from '../base/brand.ts';
import { explain } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import {
  newCheck,
  stepCheck,
  wakeTime,
  type CheckInput,
  type CheckState,
  type Remembered,
} from '../core/checks/check.ts';
import { failedVerdict, type Verdict } from '../core/checks/verdict.ts';
import { CHECKS_RUNNING_MAX, SCRIPT_CHECKS_RUNNING_MAX } from '../core/limits.ts';
import type { CheckDefinition } from '../core/model/health-check.ts';
import type { CheckProbes, ProbeResult, RunProbe } from '../ports/check-probes.ts';
import type { Clock } from '../ports/clock.ts';
import { Bell } from '../run/bell.ts';
import { elapsed } from './elapsed.ts';

export interface CheckLoopDeps {
  readonly probes: CheckProbes;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of every change of what a check knows. */
  readonly onState: (definition: CheckDefinition, state: CheckState) => void;
  /** Told that an instance has been critical for too long. */
  readonly onReap: (definition: CheckDefinition) => void;
}

interface Held {
  readonly definition: CheckDefinition;
  readonly run: RunProbe | undefined;
  readonly stop: AbortController;
  state: CheckState;
  /** When it is looked at next: not later than it wants, at times earlier. */
  queuedAt: Millis | undefined;
}

interface Due {
  readonly at: Millis;
  readonly held: Held;
}

/** Wakes for checks that fall due within so long share one [ms]. */
const TOGETHER_MS = 25;

export class CheckLoop {
  readonly #deps: CheckLoopDeps;
  readonly #held = new Map<string, Held>();
  readonly #due = new TinyQueue<Due>([], (a, b) => a.at - b.at);
  readonly #bell = new Bell();
  readonly #sockets = new Lane(CHECKS_RUNNING_MAX - SCRIPT_CHECKS_RUNNING_MAX);
  readonly #commands = new Lane(SCRIPT_CHECKS_RUNNING_MAX);
  #running = false;

  constructor(deps: CheckLoopDeps) {
    this.#deps = deps;
  }

  /**
   * Takes a check up; one of the same id is ended.
   *
   * @param past what it knew before; absent: nothing
   * @param run instead of the machine's own probe
   */
  add(definition: CheckDefinition, past?: Remembered, run?: RunProbe): CheckState {
    this.remove(definition.id);
    const { clock, random } = this.#deps;
    const state = newCheck(definition, elapsed(clock), random.next(), past);
    const stop = new AbortController();
    const held: Held = { definition, run, stop, state, queuedAt: undefined };
    this.#held.set(definition.id, held);
    this.#plan(held);
    return state;
  }

  remove(id: string): void {
    this.#held.get(id)?.stop.abort();
    this.#held.delete(id);
  }

  state(id: string): CheckState | undefined {
    return this.#held.get(id)?.state;
  }

  /** What is known from elsewhere of a check that has found nothing itself yet. */
  remember(id: string, { status, output }: Verdict): CheckState | undefined {
    const held = this.#held.get(id);
    if (held === undefined || held.state.known) return undefined;
    held.state = { ...held.state, status, output };
    return held.state;
  }

  /** Takes a report of a `ttl` check, or of what an alias stands for. */
  report(id: string, verdict: Verdict): void {
    const held = this.#held.get(id);
    if (held !== undefined) this.#step(held, { type: 'reported', verdict });
  }

  /** Runs checks until `signal` aborts; then every run has ended. */
  async run(signal: AbortSignal): Promise<void> {
    this.#running = true;
    const { clock } = this.#deps;
    while (!signal.aborted) {
      this.#fire(elapsed(clock));
      const next = this.#due.peek();
      const waitMs = next && Math.max(next.at - elapsed(clock), TOGETHER_MS);
      await this.#bell.wait(clock, waitMs, signal);
    }
    this.#running = false;
    for (const held of this.#held.values()) held.stop.abort();
    await Promise.all([this.#sockets.idle(), this.#commands.idle()]);
  }

  #fire(now: Millis): void {
    for (let due = this.#due.peek(); due !== undefined && due.at <= now; due = this.#due.peek()) {
      this.#due.pop();
      const { held, at } = due;
      if (held.queuedAt !== at || !this.#isCurrent(held)) continue;
      held.queuedAt = undefined;
      const wakeAt = wakeTime(held.state);
      if (wakeAt !== undefined && wakeAt <= now) this.#step(held, { type: 'tick' });
      else this.#plan(held);
    }
  }

  #step(held: Held, input: CheckInput): void {
    const { clock, onState, onReap } = this.#deps;
    const before = held.state;
    const turn = stepCheck(before, input, held.definition, elapsed(clock));
    held.state = turn.state;
    this.#plan(held);
    if (isTold(before, turn.state)) onState(held.definition, turn.state);
    for (const effect of turn.effects) {
      if (effect.do === 'probe') this.#begin(held);
      else onReap(held.definition);
    }
  }

  /** One place in the queue is enough: reports move the end of a `ttl` check each time. */
  #plan(held: Held): void {
    const at = wakeTime(held.state);
    if (at === undefined || (held.queuedAt !== undefined && held.queuedAt <= at)) return;
    const first = this.#due.peek();
    held.queuedAt = at;
    this.#due.push({ at, held });
    if (first === undefined || at < first.at) this.#bell.ring();
  }

  #begin(held: Held): void {
    const { kind } = held.definition.probe;
    const lane = kind === 'script' || kind === 'docker' ? this.#commands : this.#sockets;
    lane.enter(async () => {
      if (!this.#isCurrent(held) || !this.#running) return;
      const verdict = await this.#probe(held);
      if (!this.#isCurrent(held)) return;
      this.#step(held, { type: 'ran', verdict: held.stop.signal.aborted ? undefined : verdict });
    });
  }

  async #probe({ definition, run, stop }: Held): Promise<Verdict> {
    const limits = definition;
    try {
      return await (run === undefined
        ? this.#runProbe(definition, stop.signal)
        : run(limits, stop.signal));
    } catch (error) {
      return failedVerdict(explain(error));
    }
  }

  #runProbe(definition: CheckDefinition, signal: AbortSignal): Promise<ProbeResult> {
    const { probe } = definition;
    if (probe.kind === 'ttl' || probe.kind === 'alias') {
      return Promise.resolve(failedVerdict('nothing to run'));
    }
    return this.#deps.probes.run(probe, definition, signal);
  }

  /** CL2. */
  #isCurrent(held: Held): boolean {
    return this.#held.get(held.definition.id) === held;
  }
}

function isTold(a: CheckState, b: CheckState): boolean {
  return a.status !== b.status || a.output !== b.output || a.known !== b.known;
}

/** A number of places; who finds none waits for one (CL1). */
class Lane {
  readonly #places: number;
  readonly #waiting: (() => Promise<void>)[] = [];
  #next = 0;
  readonly #underway = new Set<Promise<void>>();

  constructor(places: number) {
    this.#places = places;
  }

  enter(work: () => Promise<void>): void {
    if (this.#underway.size < this.#places) this.#start(work);
    else this.#waiting.push(work);
  }

  /** Resolves when nobody works and nobody waits. */
  async idle(): Promise<void> {
    while (this.#underway.size > 0) await Promise.all(this.#underway);
  }

  #start(work: () => Promise<void>): void {
    const done = work().finally(() => {
      this.#underway.delete(done);
      const next = this.#take();
      if (next !== undefined) this.#start(next);
    });
    this.#underway.add(done);
  }

  /** Taken from the front without moving the rest each time. */
  #take(): (() => Promise<void>) | undefined {
    const next = this.#waiting[this.#next++];
    if (next === undefined || this.#next > 1_000) {
      this.#waiting.splice(0, Math.min(this.#next, this.#waiting.length));
      this.#next = 0;
    }
    return next;
  }
}
