/**
 * Keeps the node registered and alive in the servers' eyes, for as long as it takes.
 *
 * HB1: it never gives up: servers that are away are asked again, with growing, jittered pauses.
 * HB2: a node that the servers forgot is registered again before anything else is said.
 */
import { Bug } from '../base/assert.ts';
import type { Millis } from '../base/brand.ts';
import { explain, Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { Clock } from '../ports/clock.ts';
import type { ServerLink } from '../ports/server-link.ts';
import { isAborted } from '../run/aborted.ts';
import type { NodeFacts } from '../core/model/node.ts';

const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 5_000;
/** Shortest pause between two heartbeats [ms], whatever the servers ask for. */
const BEAT_MS_MIN = 50;

export interface HeartDeps {
  /** The client's own time. */
  readonly clock: Clock;
  readonly random: Random;
  readonly servers: ServerLink;
  readonly node: () => NodeFacts;
  /** The servers answered, and are asked again after `nextMs`. */
  readonly onHeard: (nextMs: number) => void;
  readonly log: (line: string) => void;
}

export class Heart {
  readonly #deps: HeartDeps;
  /** Grows whenever the node is to be told anew; the other is what the servers have, 0: nothing. */
  #version = 1;
  #told = 0;
  #heardAt: Millis | undefined;
  #waiters: (() => void)[] = [];
  #wake: () => void = () => undefined;

  constructor(deps: HeartDeps) {
    this.#deps = deps;
  }

  /** When the servers last answered in this life, on its own time; undefined: not yet. */
  get heardAt(): Millis | undefined {
    return this.#heardAt;
  }

  /** The node changed, or the servers do not know it: it registers at once (HB2). */
  registerAgain(): void {
    this.#version++;
    this.#wake();
  }

  /** Resolves once the node is registered, or on abort. */
  async registered(signal: AbortSignal): Promise<void> {
    if (this.#told > 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiters.push(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  /** HB1. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      let pauseMs: number;
      try {
        pauseMs = await this.#beat(signal);
        failures = 0;
      } catch (error) {
        if (error instanceof Bug) throw error;
        const forgotten = this.#told > 0 && isNotFound(error);
        if (!isAborted(signal)) this.#tellFailure(error, failures);
        if (forgotten) this.#told = 0;
        pauseMs = forgotten && failures === 0 ? 0 : this.#backoff(failures);
        failures++;
      }
      await this.#pause(pauseMs, signal);
    }
  }

  /** Answers how long to wait for the next one [ms]. */
  async #beat(signal: AbortSignal): Promise<number> {
    const { servers, node, clock, random } = this.#deps;
    const { id, secretId } = node();
    const version = this.#version;
    const reply =
      this.#told === version
        ? await servers.heartbeat(id, secretId, signal)
        : await servers.registerNode(node(), signal);
    this.#told = version;
    this.#heardAt = clock.now();
    for (const resolve of this.#waiters.splice(0)) resolve();
    // Twice within the time to live, so that one lost beat costs nothing.
    const nextMs = Math.max(BEAT_MS_MIN, reply.ttlMs * (0.35 + 0.15 * random.next()));
    this.#deps.onHeard(nextMs);
    // The node changed while it was told.
    return this.#told === this.#version ? nextMs : 0;
  }

  #backoff(failures: number): number {
    const most = Math.min(RETRY_MS_MIN * 2 ** failures, RETRY_MS_MAX);
    return most * (0.5 + this.#deps.random.next() / 2);
  }

  /** Each outage is told once, not each attempt. */
  #tellFailure(error: unknown, failures: number): void {
    if (failures === 0) this.#deps.log(`client: cannot reach the servers: ${explain(error)}`);
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const sleep = new AbortController();
    const woken = new Promise<void>((resolve) => (this.#wake = resolve));
    const stop = (): void => this.#wake();
    signal.addEventListener('abort', stop, { once: true });
    await Promise.race([woken, this.#deps.clock.sleep(ms, sleep.signal)]);
    signal.removeEventListener('abort', stop);
    sleep.abort();
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Failure && error.fault === 'not_found';
}
