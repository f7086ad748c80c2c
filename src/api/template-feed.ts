/**
 * Keeps the answers that templates need up to date: one question under way for each distinct
 * dependency, asked again as soon as it is answered, and later when it fails.
 *
 * A1: a dependency is asked for once, however many templates use it.
 * A2: an answer is told when it comes; one that failed is told as failed and asked again, later and
 * later; what was answered stays answered meanwhile.
 */
import { TEMPLATE_BACKOFF_MS, TEMPLATE_POLL_MS } from '../core/limits.ts';
import { dependencyKey, type AnswerOf, type Dependency } from '../core/template/dependency.ts';
import type { Reply } from './template-answers.ts';

export interface FeedDeps {
  /** Asks once, see `askDependency`; waits where the index is not 0. */
  readonly ask: (dependency: Dependency, index: number, signal: AbortSignal) => Promise<Reply>;
  /** Resolves after that time, or when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** How to make a signal; the pure part of the program knows none. */
  readonly newAbort: () => Abort;
  readonly answered: (dependency: Dependency, value: AnswerOf[Dependency['kind']]) => void;
  /** Between attempts that fail [ms]; the usual ones where absent. */
  readonly backoff?: Readonly<{ first: number; most: number }>;
  readonly failed: (dependency: Dependency, error: unknown, retryInMs: number) => void;
}

/** What an `AbortController` is. */
export interface Abort {
  readonly signal: AbortSignal;
  abort(): void;
}

/** Between answers and the next question, for one dependency [ms]. Source: consul-template. */
const PAUSE_MS = 100;

export class TemplateFeed {
  readonly #deps: FeedDeps;
  readonly #watched = new Map<string, Readonly<{ abort: Abort; done: Promise<void> }>>();
  readonly #leaving = new Set<Promise<void>>();

  constructor(deps: FeedDeps) {
    this.#deps = deps;
  }

  /** Asks for these from now on, and for nothing else (A1). */
  watch(dependencies: readonly Dependency[]): void {
    const wanted = new Map(dependencies.map((one) => [dependencyKey(one), one]));
    for (const [key, { abort, done }] of this.#watched) {
      if (wanted.has(key)) continue;
      abort.abort();
      this.#watched.delete(key);
      const left = done.finally(() => this.#leaving.delete(left));
      this.#leaving.add(left);
    }
    for (const [key, dependency] of wanted) {
      if (this.#watched.has(key)) continue;
      const abort = this.#deps.newAbort();
      this.#watched.set(key, { abort, done: this.#follow(dependency, abort.signal) });
    }
  }

  /** Asks for nothing any more; resolves when every question has ended. */
  async close(): Promise<void> {
    this.watch([]);
    await Promise.all(this.#leaving);
  }

  async #follow(dependency: Dependency, signal: AbortSignal): Promise<void> {
    let index = 0;
    const { first, most } = this.#deps.backoff ?? TEMPLATE_BACKOFF_MS;
    let retryInMs = first;
    while (!signal.aborted) {
      try {
        const reply = await this.#deps.ask(dependency, index, signal);
        if (isAborted(signal)) return;
        this.#deps.answered(dependency, reply.value);
        retryInMs = first;
        // An index that went back is of another life of the servers: nothing is known of before.
        index = reply.index < index ? 0 : reply.index;
        await this.#deps.sleep(reply.index === 0 ? TEMPLATE_POLL_MS : PAUSE_MS, signal);
      } catch (error) {
        if (isAborted(signal)) return;
        this.#deps.failed(dependency, error, retryInMs);
        index = 0;
        await this.#deps.sleep(retryInMs, signal);
        retryInMs = Math.min(retryInMs * 2, most);
      }
    }
  }
}

/** Asked anew each time: it changes while one waits. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
