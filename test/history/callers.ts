/** Callers of the KV API that keep what they saw, for judges of histories. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Holding } from './holders.ts';
import type { KvInput, KvObserved } from './kv-model.ts';

const LOCK = 'lock/one';
/** Shorter than the shortest that a session may have: holders stop believing sooner [ms]. */
const BELIEF_MS = 5_000;
/** An answer is waited for so long [ms]. */
const PATIENCE_MS = 5_000;
/** No answer of the API reads so. */
const REFUSED = 'refused: nothing was done';

interface Pair {
  readonly Value: string | null;
  readonly ModifyIndex: number;
  readonly LockIndex: number;
  readonly Session?: string;
}

export class Callers {
  readonly observed = new Map<string, KvObserved[]>();
  readonly holdings: Holding[] = [];
  readonly #base: () => string;
  readonly #keyOf: (nth: number, caller: number) => string;
  readonly #pauseMs: number;
  #values = 0;
  #isOver = false;

  /**
   * @param base `http://HOST:PORT` of a discovery API, asked for each request
   * @param keyOf the key of a caller's nth operation
   * @param pauseMs between two operations of one caller
   */
  constructor(base: () => string, keyOf: (nth: number, caller: number) => string, pauseMs = 0) {
    this.#base = base;
    this.#keyOf = keyOf;
    this.#pauseMs = pauseMs;
  }

  /** Counts what was observed. */
  progress(): number {
    return [...this.observed.values()].reduce((sum, each) => sum + each.length, 0);
  }

  stop(): void {
    this.#isOver = true;
  }

  /** Writes, compares and reads until it is over. @param n tells callers apart */
  async call(n: number): Promise<void> {
    for (let i = 0; !this.#isOver; i++) {
      if (this.#pauseMs > 0) await delay(this.#pauseMs);
      const key = this.#keyOf(i, n);
      const known = await this.#read(key);
      if (known === undefined) continue;
      const value = `v${this.#values++}`;
      if (i % 4 === 0) await this.#write(key, '', { do: 'put', value });
      else if (i % 9 === 8) await this.#write(key, undefined, { do: 'delete' });
      else {
        const { ModifyIndex = 0 } = known.pair ?? {};
        const input = { do: 'cas', expected: known.value, value, ok: true } as const;
        await this.#write(key, `?cas=${ModifyIndex}`, input);
      }
    }
  }

  /** Takes the lock, believes for a while that it has it, and gives it back or just goes. */
  async hold(n: number): Promise<void> {
    for (let i = 0; !this.#isOver; i++) {
      const made = await this.#ask('PUT', 'session/create', '{"TTL":"10s","LockDelay":0}');
      const began = performance.now();
      const session =
        made === undefined || made === REFUSED ? '' : (JSON.parse(made) as { ID: string }).ID;
      const got = await this.#ask('PUT', `kv/${LOCK}?acquire=${session}`, session);
      const from = performance.now();
      if (got === 'true') {
        const token = (await this.#pair(LOCK))?.LockIndex;
        await delay(5 + ((i * 7 + n * 13) % 40));
        const to = Math.min(performance.now(), began + BELIEF_MS);
        if (token !== undefined)
          this.holdings.push({ key: LOCK, holder: session, token, from, to });
      }
      if (session === '') await delay(20);
      else await this.#end(session);
    }
  }

  /** Left alone it would keep the lock for as long as it lives. */
  async #end(session: string): Promise<void> {
    let told: string | undefined;
    do told = await this.#ask('PUT', `session/destroy/${session}`);
    while ((told === undefined || told === REFUSED) && !this.#isOver);
  }

  async #read(key: string): Promise<{ pair?: Pair; value: string | undefined } | undefined> {
    const calledAt = performance.now();
    const text = await this.#ask('GET', `kv/${key}`);
    if (text === undefined || text === REFUSED) return undefined;
    const [pair] = text === '' ? [] : (JSON.parse(text) as Pair[]);
    const value =
      pair === undefined ? undefined : Buffer.from(pair.Value ?? '', 'base64').toString();
    this.#observe(key, calledAt, { do: 'get', saw: value }, true);
    return { ...(pair && { pair }), value };
  }

  async #write(key: string, query: string | undefined, input: KvInput): Promise<void> {
    const calledAt = performance.now();
    const value = 'value' in input ? input.value : undefined;
    const method = query === undefined ? 'DELETE' : 'PUT';
    const text = await this.#ask(method, `kv/${key}${query ?? ''}`, value);
    if (text === REFUSED) return;
    const told = input.do === 'cas' ? { ...input, ok: text !== 'false' } : input;
    this.#observe(key, calledAt, told, text !== undefined);
  }

  #observe(key: string, calledAt: number, input: KvInput, isAnswered: boolean): void {
    const returnedAt = isAnswered ? performance.now() : Infinity;
    const list = this.observed.get(key) ?? [];
    list.push({ calledAt, returnedAt, input });
    this.observed.set(key, list);
  }

  async #pair(key: string): Promise<Pair | undefined> {
    const text = await this.#ask('GET', `kv/${key}`);
    if (text === undefined || text === '' || text === REFUSED) return undefined;
    return (JSON.parse(text) as Pair[])[0];
  }

  /** What is answered, or that nothing was done for lack of room; undefined where nobody knows whether it was carried out. */
  async #ask(method: string, path: string, body?: string): Promise<string | undefined> {
    try {
      const url = `${this.#base()}/v1/${path}`;
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const response = await fetch(url, { method, signal, ...(body !== undefined && { body }) });
      const text = await response.text();
      // What is not there is an answer, too.
      if (response.ok || response.status === 404) return text;
      if (response.status === 429) return REFUSED;
    } catch {
      // Nobody answered, or not to the end.
    }
    await delay(10);
    return undefined;
  }
}
