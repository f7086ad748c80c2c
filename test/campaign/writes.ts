/** Writers that remember what was acknowledged, and watchers who are told of it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Machine } from '../machines.ts';

/** A write is waited for so long [ms]; then another server is asked. */
const WRITE_MS_MAX = 2_000;

/** Writes key after key, to one server after the other, and remembers which were acknowledged. */
export class Writer {
  readonly acknowledged: string[] = [];
  /** The longest time without an acknowledged write [ms]. */
  pauseMs = 0;
  readonly #prefix: string;
  readonly #machines: readonly Machine[];
  #isOver = false;

  constructor(prefix: string, machines: readonly Machine[]) {
    this.#prefix = prefix;
    this.#machines = machines;
  }

  async run(): Promise<void> {
    let lastMs = performance.now();
    let asked = 0;
    for (let n = 0; !this.#isOver; n++) {
      const key = `${this.#prefix}/${n}`;
      if (await put(this.#machines[asked % this.#machines.length], key, String(n))) {
        this.acknowledged.push(key);
        this.pauseMs = Math.max(this.pauseMs, performance.now() - lastMs);
        lastMs = performance.now();
      } else asked += 1;
      await delay(10);
    }
  }

  stop(): void {
    this.#isOver = true;
  }

  /** Those that are not there, as a server answers. */
  async lost(machine: Machine): Promise<readonly string[]> {
    const reply = await machine.ask(`/v1/kv/${this.#prefix}/?keys`, { port: 8500 });
    if (reply.status === 404) return this.acknowledged;
    if (!reply.ok) throw new Error(`${reply.status} ${await reply.text()}`);
    const known = new Set((await reply.json()) as readonly string[]);
    return this.acknowledged.filter((key) => !known.has(key));
  }
}

/** Writes much, and does not care what becomes of it. */
export class Bulk {
  readonly #machines: readonly Machine[];
  readonly #running: Promise<unknown>;
  #isOver = false;

  /** @param bytes of each write. @param writers at once */
  constructor(machines: readonly Machine[], bytes: number, writers: number) {
    this.#machines = machines;
    const value = 'x'.repeat(bytes);
    this.#running = Promise.all(Array.from({ length: writers }, (_, n) => this.#run(n, value)));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  async #run(writer: number, value: string): Promise<void> {
    for (let n = writer; !this.#isOver; n++) {
      const machine = this.#machines[n % this.#machines.length];
      // Other than the last: a write that changes nothing is none.
      if (!(await put(machine, `bulk/${writer}`, `${n} ${value}`))) await delay(100);
    }
  }
}

interface Seen {
  readonly index: number;
  readonly value: string;
}

interface Told extends Seen {
  /** The index in the answer's header. */
  readonly told: number;
}

/** One asks again and again what became of a key; what is wrong with the answers is kept. */
class Watcher {
  readonly wrong: string[] = [];
  wakes = 0;
  last: Seen = { index: 0, value: '' };
  readonly #key: string;
  readonly #machine: Machine;
  readonly #stop = new AbortController();

  constructor(key: string, machine: Machine) {
    this.#key = key;
    this.#machine = machine;
  }

  async run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const asked = this.last.index;
      const beganMs = performance.now();
      try {
        const seen = await this.#ask(asked);
        if (seen !== undefined) this.#judge(seen, asked, performance.now() - beganMs);
      } catch {
        // Nobody answered, or not to the end: it asks again.
        await delay(50);
      }
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  async #ask(index: number): Promise<Told | undefined> {
    const path = `/v1/kv/${this.#key}?index=${index}&wait=${WAIT_MS}ms`;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(2 * WAIT_MS)]);
    const seen = await readKey(this.#machine, path, { signal });
    if (seen === undefined) await delay(50);
    return seen;
  }

  #judge(seen: Told, asked: number, tookMs: number): void {
    const { index, value, told } = seen;
    const at = `${this.#machine.name} at ${index}`;
    if (told !== index) this.wrong.push(`${at} tells index ${told}`);
    if (index < this.last.index) this.wrong.push(`${at} goes back from ${this.last.index}`);
    if (index === asked && tookMs < WAIT_MS * 0.9) {
      this.wrong.push(`${at} wakes after ${tookMs.toFixed(0)} ms without a change`);
    }
    if (index === this.last.index && value !== this.last.value && asked > 0) {
      this.wrong.push(`${at} was "${this.last.value}" and is "${value}"`);
    }
    if (index > asked) this.wakes += 1;
    this.last = { index, value };
  }
}

/** How long a question waits for a change [ms]. */
const WAIT_MS = 5_000;

/** Changes a key now and then, while some watch it. */
export class Watching {
  readonly #key: string;
  readonly #machines: readonly Machine[];
  readonly #watchers: readonly Watcher[];
  #isOver = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(key: string, machines: readonly Machine[]) {
    this.#key = key;
    this.#machines = machines;
    this.#watchers = machines.map((machine) => new Watcher(key, machine));
  }

  get wakes(): number {
    return this.#watchers.reduce((sum, { wakes }) => sum + wakes, 0);
  }

  async begin(): Promise<void> {
    while (!(await this.#change('first'))) await delay(50);
    this.#running = Promise.all([this.#keepChanging(), ...this.#watchers.map((one) => one.run())]);
  }

  /**
   * Makes a last change, and waits until all are at what the key then is: a write that was given up
   * may still have come after it. Answers what was wrong. @param ms to hear of it
   */
  async end(ms: number): Promise<readonly string[]> {
    this.#isOver = true;
    const until = Date.now() + ms;
    while (!(await this.#change('last')) && Date.now() < until) await delay(50);
    let deaf = await this.#deaf();
    while (deaf.length > 0 && Date.now() < until) {
      await delay(50);
      deaf = await this.#deaf();
    }
    for (const watcher of this.#watchers) watcher.stop();
    await this.#running;
    return [...deaf, ...this.#watchers.flatMap(({ wrong }) => wrong)];
  }

  /** Which watchers are not at what the key is now. */
  async #deaf(): Promise<readonly string[]> {
    try {
      const now = await readKey(this.#machines[0], `/v1/kv/${this.#key}?consistent`, {});
      const deaf = this.#watchers.filter(({ last }) => last.index !== now?.index);
      return deaf.map(({ last }) => `at ${last.index}, not ${now?.index}: "${last.value}"`);
    } catch (error) {
      return [String(error)];
    }
  }

  async #keepChanging(): Promise<void> {
    for (let n = 0; !this.#isOver; n++) {
      await this.#change(`v${n}`);
      await delay(20 + ((n * 37) % 150));
    }
  }

  #change(value: string): Promise<boolean> {
    const machine = this.#machines[Math.floor(performance.now()) % this.#machines.length];
    return put(machine, this.#key, value);
  }
}

/** A key as a machine's agent answers it; undefined: with a refusal. */
async function readKey(
  machine: Machine | undefined,
  path: string,
  init: RequestInit,
): Promise<Told | undefined> {
  const reply = await machine?.ask(path, { port: 8500, ...init });
  if (reply?.ok !== true) return undefined;
  const [pair] = (await reply.json()) as { ModifyIndex: number; Value: string }[];
  const value = Buffer.from(pair?.Value ?? '', 'base64').toString();
  const told = Number(reply.headers.get('x-consul-index'));
  return { index: pair?.ModifyIndex ?? 0, value, told };
}

async function put(machine: Machine | undefined, key: string, body: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(WRITE_MS_MAX);
    const init = { port: 8500, method: 'PUT', body, signal };
    const reply = await machine?.ask(`/v1/kv/${key}`, init);
    return reply?.ok === true && (await reply.text()) === 'true';
  } catch {
    return false;
  }
}
