/**
 * Callers of keys and locks around one simulated server, or any of several, in the middle of their
 * misfortunes. What they saw is judged afterwards.
 */
import type { Index } from '../../src/base/brand.ts';
import type { Random } from '../../src/base/random.ts';
import type { SessionId } from '../../src/core/model/session.ts';
import { MachineClock } from '../../src/sim/machine-clock.ts';
import type { State } from '../../src/core/state/state.ts';
import { lint } from '../../src/core/state/lint.ts';
import { contested } from '../history/holders.ts';
import type { Holding } from '../history/holders.ts';
import { KV_MODEL } from '../history/kv-model.ts';
import type { KvInput, KvObserved } from '../history/kv-model.ts';
import { isLinearizable } from '../history/linearizable.ts';
import { uuid } from '../state-world.ts';
import { between, chance, pick, weighted } from './chance.ts';
import { drawDriftPpm } from './drift.ts';
import { KvAlone, type KvWorld } from './kv-worlds.ts';
import { KV_TTL_MS, type KvDoor } from './kv-doors.ts';

const KEYS = ['a', 'b', 'c', 'd', 'e'] as const;
const LOCKS = ['l1', 'l2'] as const;
const CALLERS = 4;
const HOLDERS = 4;
const STORM_MS = 40_000;
/** Struck fast, callers are seldom answered: such a storm lasts longer, until it tells something. */
const STORMS_MAX = 5;
/** So many calls are a history that is worth judging. */
export const OBSERVED_MIN = 20;
/** Longest time between two misfortunes: some seeds are calm, others hardly come to themselves [ms]. */
const STRIKE_MS_MAX = [2_500, 6_000, 12_000] as const;
/** Longest time for which a lock is kept from others once its holder is lost [ms]. */
const LOCK_DELAY_MS_MAX = 1_000;
/** Who waits longer than this for an answer gives up, and does not know. */
const PATIENCE_MS = 3_000;

export interface KvReport {
  readonly hash: string;
  readonly observed: number;
  readonly unanswered: number;
  readonly holdings: number;
  /** Locks that were granted after a lock-delay. */
  readonly delays: number;
  readonly strikes: number;
}

/** Fails: what is wrong, and the seed. */
export async function simulateKv(
  seed: string,
  world: KvWorld = new KvAlone(seed),
): Promise<KvReport> {
  const run = new KvRun(seed, world);
  try {
    await run.storm();
    return run.judge();
  } finally {
    world.end();
  }
}

/** What a caller read last of a key. */
interface Known {
  readonly index: Index;
  readonly saw: string | undefined;
}

/** A session, and until when its owner may believe in it, by the clock of its own machine. */
interface Held {
  readonly id: SessionId;
  readonly clock: MachineClock;
  validTo: number;
}

class KvRun {
  readonly #seed: string;
  readonly #cluster: KvWorld;
  readonly #observed = new Map<string, KvObserved[]>();
  readonly #holdings: Holding[] = [];
  #sequence = 0;
  #values = 0;
  #sessions = 0;
  #strikes = 0;
  #isOver = false;

  constructor(seed: string, world: KvWorld) {
    this.#seed = seed;
    this.#cluster = world;
  }

  async storm(): Promise<void> {
    const cluster = this.#cluster;
    await cluster.start();
    await this.#register();
    for (let n = 0; n < CALLERS; n++) this.#keep(this.#call(cluster.random.fork(`caller/${n}`)));
    for (let n = 0; n < HOLDERS; n++) this.#keep(this.#hold(cluster.random.fork(`holder/${n}`)));
    const strikes = cluster.random.fork('strikes');
    this.#strikeOn(strikes, pick(strikes, STRIKE_MS_MAX) ?? 0);
    for (let n = 0; n < STORMS_MAX && this.#calls() <= OBSERVED_MIN; n++) {
      await cluster.pass(STORM_MS);
    }
    this.#isOver = true;
    cluster.heal();
    // Longer than an election, a silent session and a look at a full store take.
    await cluster.pass(30_000);
  }

  judge(): KvReport {
    const { history } = this.#cluster;
    const wrong: string[] = [...contested(this.#holdings)];
    for (const [key, observed] of this.#observed) {
      if (!isLinearizable(observed, KV_MODEL)) wrong.push(`no order explains key ${key}`);
    }
    wrong.push(...this.#cluster.unsettled());
    wrong.push(...this.#cluster.states().flatMap(notesOn));
    if (wrong.length > 0) {
      const lines = this.#cluster.lines.slice(-20).join('\n  ');
      throw new Error(`seed "${this.#seed}": ${wrong.join('; ')}\n  ${lines}`);
    }
    const all = [...this.#observed.values()].flat();
    return {
      hash: history.hash(),
      observed: all.length,
      unanswered: all.filter(({ returnedAt }) => returnedAt === Infinity).length,
      holdings: this.#holdings.length,
      delays: this.#cluster.lockDelays.kept,
      strikes: this.#strikes,
    };
  }

  #calls(): number {
    return [...this.#observed.values()].flat().length;
  }

  #keep(loop: Promise<void>): void {
    loop.catch((error: unknown) => this.#cluster.fail(error));
  }

  async #register(): Promise<void> {
    const door = this.#cluster.door();
    const done = door?.register();
    await this.#cluster.pass(1_000);
    await done;
  }

  /** What a call answers; undefined where nobody knows whether it was carried out. */
  async #ask<T>(call: (door: KvDoor) => Promise<T>): Promise<{ value: T } | undefined> {
    const door = this.#cluster.door();
    if (door === undefined) return undefined;
    const patience = new AbortController();
    const answered = (async () => ({ value: await call(door) }))().catch(() => undefined);
    const given = this.#cluster.clock.sleep(PATIENCE_MS, patience.signal).then(() => undefined);
    const answer = await Promise.race([answered, given]);
    patience.abort();
    return answer;
  }

  async #pause(random: Random, ms: number): Promise<void> {
    await this.#cluster.clock.sleep(between(random, 1, ms), NEVER);
  }

  // Keys

  async #call(random: Random): Promise<void> {
    const known = new Map<string, Known>();
    while (!this.#isOver) {
      await this.#pause(random, 800);
      // Nobody listens: nothing is called.
      if (this.#cluster.door() === undefined) continue;
      const key = pick(random, KEYS) ?? 'a';
      const last = known.get(key);
      const kind = weighted(random, { put: 3, get: 4, cas: last === undefined ? 0 : 4, delete: 1 });
      if (kind === 'get') {
        const seen = await this.#read(key);
        if (seen !== undefined) known.set(key, seen);
      } else {
        await this.#change(key, kind, last);
      }
    }
  }

  async #read(key: string): Promise<Known | undefined> {
    const calledAt = this.#sequence++;
    const answer = await this.#ask((door) => door.read(key));
    if (answer === undefined) return undefined;
    const pair = answer.value;
    this.#observe(key, calledAt, { do: 'get', saw: pair?.value }, true);
    return { index: pair?.modifyIndex ?? (0 as Index), saw: pair?.value };
  }

  async #change(
    key: string,
    kind: 'put' | 'cas' | 'delete',
    last: Known | undefined,
  ): Promise<void> {
    const value = `v${this.#values++}`;
    const { index, saw } = last ?? { index: 0 as Index, saw: undefined };
    const put = { key, value, flags: '0' };
    const writes = {
      put: { verb: 'set', ...put },
      cas: { verb: 'cas', ...put, index },
      delete: { verb: 'delete', key },
    } as const;
    const calledAt = this.#sequence++;
    const answer = await this.#ask((door) => door.write(writes[kind]));
    const ok = answer?.value ?? true;
    const inputs: Readonly<Record<typeof kind, KvInput>> = {
      put: { do: 'put', value },
      cas: { do: 'cas', expected: saw, value, ok },
      delete: { do: 'delete' },
    };
    this.#observe(key, calledAt, inputs[kind], answer !== undefined);
  }

  #observe(key: string, calledAt: number, input: KvInput, isAnswered: boolean): void {
    const returnedAt = isAnswered ? this.#sequence++ : Infinity;
    const list = this.#observed.get(key) ?? [];
    this.#observed.set(key, [...list, { calledAt, returnedAt, input }]);
  }

  // Locks

  async #hold(random: Random): Promise<void> {
    const clock = new MachineClock(this.#cluster.clock, drawDriftPpm(random.fork('drift')));
    while (!this.#isOver) {
      const drawn = uuid('sess', this.#sessions++) as SessionId;
      const began = clock.elapsedMs();
      const delayMs = chance(random, 0.7) ? 0 : between(random, 100, LOCK_DELAY_MS_MAX);
      const made = await this.#ask((door) => door.createSession(drawn, delayMs));
      if (made === undefined) await this.#pause(random, 500);
      else await this.#useSession(random, { id: made.value, clock, validTo: began + KV_TTL_MS });
    }
  }

  /** Takes locks with a session until that is lost, or given up. */
  async #useSession(random: Random, session: Held): Promise<void> {
    for (let round = 0; round < 5 && !this.#isOver; round++) {
      const key = pick(random, LOCKS) ?? 'l1';
      const put = { key, flags: '0', session: session.id };
      const lock = { verb: 'lock', value: session.id, ...put } as const;
      const got = await this.#ask((door) => door.write(lock));
      if (got?.value === true) {
        await this.#keepLock(random, session, key);
        // Some just go: their session has to end by itself.
        if (chance(random, 0.3) || this.#isOverdue(session)) return;
        await this.#ask((door) => door.write({ verb: 'unlock', value: '', ...put }));
      } else {
        await this.#pause(random, chance(random, 0.5) ? 20 : 400);
        if (!(await this.#renew(session))) return;
      }
    }
  }

  /** Holds a lock for a while, renewing its session, and notes for how long it was sure of it. */
  async #keepLock(random: Random, session: Held, key: string): Promise<void> {
    const { clock } = this.#cluster;
    const from = clock.elapsedMs();
    const answer = await this.#ask((door) => door.read(key));
    const pair = answer?.value;
    const stop = from + between(random, 1, 3_000);
    // Some never say a word, and believe in it to the last.
    if (chance(random, 0.2)) await clock.sleep(session.clock.worldMsUntil(session.validTo), NEVER);
    while (clock.elapsedMs() < stop && !this.#isOverdue(session)) {
      await this.#pause(random, 300);
      await this.#renew(session);
    }
    const to = clock.elapsedMs() + Math.min(0, session.clock.worldMsUntil(session.validTo));
    // What was read after it was taken from the holder tells nothing of its token.
    if (to <= from || pair?.session !== session.id) return;
    // A session that takes what it could not give back, as nobody answered, keeps its token.
    this.#holdings.push({ key, holder: session.id, token: pair.lockIndex, from, to });
  }

  /** Answers whether the session goes on; its time counts from before the renewal was sent. */
  async #renew(session: Held): Promise<boolean> {
    const sentAt = session.clock.elapsedMs();
    const renewed = await this.#ask((door) => door.renewSession(session.id));
    if (renewed?.value !== true) return false;
    session.validTo = Math.max(session.validTo, sentAt + KV_TTL_MS);
    return true;
  }

  #isOverdue(session: Held): boolean {
    return this.#isOver || session.clock.elapsedMs() >= session.validTo;
  }

  // Misfortunes

  #strikeOn(random: Random, maxMs: number): void {
    this.#cluster.later(between(random, 200, maxMs), () => {
      if (this.#isOver) return;
      this.#strikes += 1;
      this.#cluster.strike(random);
      this.#strikeOn(random, maxMs);
    });
  }
}

/** What `lint` finds. */
function notesOn(state: State): readonly string[] {
  return lint(state).map(({ rule, subject, message }) => `${rule} ${subject} ${message}`);
}

const NEVER = new AbortController().signal;
