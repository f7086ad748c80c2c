/**
 * An agent that is killed again and again while callers write, compare, read and lock: what they
 * saw is explained by one copy of the data, and no lock has two holders.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { contested, type Holding } from '../history/holders.ts';
import { KV_MODEL, type KvInput, type KvObserved } from '../history/kv-model.ts';
import { isLinearizable } from '../history/linearizable.ts';
import { AgentProcess } from './agent-process.ts';

const KILLS = Number(process.env['KILLS'] ?? 4);
const CALLERS = 4;
const HOLDERS = 2;
/** Operations between two kills. */
const PROGRESS = 30;
const LOCK = 'lock/one';
/** Shorter than the shortest that a session may have: holders stop believing sooner. */
const BELIEF_MS = 5_000;

interface Pair {
  readonly Value: string | null;
  readonly ModifyIndex: number;
  readonly LockIndex: number;
  readonly Session?: string;
}

class Callers {
  readonly observed = new Map<string, KvObserved[]>();
  readonly holdings: Holding[] = [];
  readonly #agent: AgentProcess;
  #values = 0;
  #isOver = false;

  constructor(agent: AgentProcess) {
    this.#agent = agent;
  }

  /** Counts what was observed. */
  progress(): number {
    return [...this.observed.values()].reduce((sum, each) => sum + each.length, 0);
  }

  stop(): void {
    this.#isOver = true;
  }

  /** Writes, compares and reads until it is over. `n` tells callers apart. */
  async call(n: number): Promise<void> {
    for (let i = 0; !this.#isOver; i++) {
      const key = `h/${(i + n) % 3}`;
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
      const session = made === undefined ? '' : (JSON.parse(made) as { ID: string }).ID;
      const got = await this.#ask('PUT', `kv/${LOCK}?acquire=${session}`, session);
      const from = performance.now();
      if (got === 'true') {
        const token = (await this.#pair(LOCK))?.LockIndex;
        await delay(5 + ((i * 7 + n * 13) % 40));
        const to = Math.min(performance.now(), began + BELIEF_MS);
        if (token !== undefined)
          this.holdings.push({ key: LOCK, holder: session, token, from, to });
      }
      if (session !== '') await this.#ask('PUT', `session/destroy/${session}`);
      else await delay(20);
    }
  }

  async #read(key: string): Promise<{ pair?: Pair; value: string | undefined } | undefined> {
    const calledAt = performance.now();
    const text = await this.#ask('GET', `kv/${key}`);
    if (text === undefined) return undefined;
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
    return text === undefined || text === '' ? undefined : (JSON.parse(text) as Pair[])[0];
  }

  /** What is answered; undefined where nobody knows whether it was carried out. */
  async #ask(method: string, path: string, body?: string): Promise<string | undefined> {
    try {
      const url = `http://127.0.0.1:${this.#agent.discoveryPort}/v1/${path}`;
      const signal = AbortSignal.timeout(5_000);
      const response = await fetch(url, { method, signal, ...(body !== undefined && { body }) });
      const text = await response.text();
      if (response.status < 500) return text;
    } catch {
      // Nobody answered, or not to the end.
    }
    await delay(10);
    return undefined;
  }
}

test('killed amid writes, an agent forgets nothing and gives no lock twice', async (context) => {
  await using agent = await AgentProcess.make('client { enabled = false }\nlog_level = "warn"');
  const callers = new Callers(agent);
  const isUp = async (): Promise<boolean> => {
    const nodes = await fetch(`http://127.0.0.1:${agent.discoveryPort}/v1/catalog/nodes`);
    return ((await nodes.json()) as unknown[]).length > 0;
  };
  agent.launch();
  await agent.until('the node is in the catalog', isUp);
  const running = [
    ...Array.from({ length: CALLERS }, (_, n) => callers.call(n)),
    ...Array.from({ length: HOLDERS }, (_, n) => callers.hold(n)),
  ];
  for (let kills = 0; kills < KILLS; kills++) {
    const before = callers.progress();
    await agent.until('the callers got somewhere', () =>
      Promise.resolve(callers.progress() >= before + PROGRESS),
    );
    await delay((kills * 37) % 50);
    await agent.end('SIGKILL');
    agent.launch();
    await agent.until('it answers', isUp);
  }
  await agent.until('the lock was held', () => Promise.resolve(callers.holdings.length > 1));
  callers.stop();
  await Promise.all(running);
  const counts = [...callers.observed.values()].map((each) => each.length);
  context.diagnostic(`${counts.join('+')} operations, ${callers.holdings.length} holdings`);
  for (const [key, observed] of callers.observed) {
    assert.ok(isLinearizable(observed, KV_MODEL), `no order explains ${key}`);
  }
  assert.deepEqual(contested(callers.holdings), []);
  assert.ok(counts.length === 3 && callers.holdings.length > 0);
});
