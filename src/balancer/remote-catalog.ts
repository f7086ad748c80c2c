/**
 * The catalog as another agent tells it over its discovery API, by blocking queries: for a balancer
 * that runs as a job or beside the cluster.
 *
 * R1: what was answered stays until something else is answered: an agent that is away, or comes
 *     back, changes nothing.
 * R2: nothing is shown before the list of services, every service that wants traffic and the keys
 *     have answered once: half a catalog would take routes away.
 */
import { TemplateFeed } from '../api/template-feed.ts';
import type { Reply } from '../api/template-answers.ts';
import { explain } from '../base/failure.ts';
import {
  hasTag,
  type Candidate,
  type CatalogView,
  type KeyText,
} from '../core/balancer/catalog-view.ts';
import { dependencyKey, type AnswerOf, type Dependency } from '../core/template/dependency.ts';
import type { BalancerCatalog } from '../ports/balancer-catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { Service } from '../ports/service.ts';

export interface RemoteCatalogDeps {
  /** Asks once; waits where the index is not 0. Fails: as `askDependency`. */
  readonly ask: (dependency: Dependency, index: number, signal: AbortSignal) => Promise<Reply>;
  readonly clock: Clock;
  readonly note: (line: string) => void;
}

export interface RemoteCatalogOptions {
  /** Of the tags that are routes. */
  readonly tagPrefix: () => string;
  /** Keys that are read, with all below them. */
  readonly keyPrefixes: readonly string[];
}

const SERVICES: Dependency = { kind: 'catalog.services' };

export class RemoteCatalog implements BalancerCatalog, Service {
  readonly name = 'catalog';
  readonly #options: RemoteCatalogOptions;
  readonly #deps: RemoteCatalogDeps;
  readonly #feed: TemplateFeed;
  readonly #keys: readonly Dependency[];
  readonly #answers = new Map<string, AnswerOf[Dependency['kind']]>();
  readonly #listeners = new Set<() => void>();
  /** Keys of what is asked for just now. */
  #wanted: readonly string[] = [];
  #services: readonly string[] = [];
  /** What fails just now, so that it is told once. */
  readonly #failing = new Set<string>();
  #view: CatalogView | undefined;

  constructor(options: RemoteCatalogOptions, deps: RemoteCatalogDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#keys = options.keyPrefixes.map((prefix) => ({ kind: 'kv.list', prefix }));
    this.#feed = new TemplateFeed({
      ask: deps.ask,
      sleep: (ms, signal) => deps.clock.sleep(Math.min(ms, RETRY_MS_MAX), signal),
      newAbort: () => new AbortController(),
      answered: (dependency, value) => this.#answered(dependency, value),
      failed: (dependency, error) => this.#failed(dependency, error),
    });
  }

  view(): CatalogView | undefined {
    return this.#view;
  }

  subscribe(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#follow();
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await this.#feed.close();
  }

  /** The settings have changed: another tag may count now. */
  refresh(): void {
    this.#follow();
    this.#show();
  }

  /** Asks for the services that want traffic, and for nothing else. */
  #follow(): void {
    const all = this.#answerOf(SERVICES) as AnswerOf['catalog.services'] | undefined;
    const prefix = this.#options.tagPrefix();
    const routed = (all ?? []).filter(({ tags }) => hasTag(tags, prefix));
    this.#services = routed.map(({ name }) => name);
    const wanted = [SERVICES, ...this.#keys, ...this.#services.map(healthOf)];
    this.#wanted = wanted.map(dependencyKey);
    const known = new Set(this.#wanted);
    for (const key of this.#answers.keys()) if (!known.has(key)) this.#answers.delete(key);
    this.#feed.watch(wanted);
  }

  #answered(dependency: Dependency, value: AnswerOf[Dependency['kind']]): void {
    const key = dependencyKey(dependency);
    if (this.#failing.delete(key) && this.#failing.size === 0) {
      this.#deps.note('the agent answers again');
    }
    this.#answers.set(key, value);
    if (dependency.kind === 'catalog.services') this.#follow();
    this.#show();
  }

  #failed(dependency: Dependency, error: unknown): void {
    if (this.#failing.size === 0) this.#deps.note(`the routes stay as they are: ${explain(error)}`);
    this.#failing.add(dependencyKey(dependency));
  }

  /** R2 */
  #show(): void {
    if (!this.#wanted.every((key) => this.#answers.has(key))) return;
    const candidates = this.#services.flatMap((name) => this.#candidatesOf(name));
    const texts = this.#keys.flatMap((one) => {
      const pairs = (this.#answerOf(one) ?? []) as AnswerOf['kv.list'];
      return pairs.map(({ path, value }): KeyText => ({ key: path, text: value }));
    });
    this.#view = {
      candidates: (prefix) => candidates.filter(({ tags }) => hasTag(tags, prefix)),
      texts: (prefix) => texts.filter(({ key }) => key.startsWith(prefix)),
    };
    for (const changed of this.#listeners) changed();
  }

  #candidatesOf(name: string): Candidate[] {
    const instances = (this.#answerOf(healthOf(name)) ?? []) as AnswerOf['health.service'];
    return instances.map(({ name: service, id, address, port, tags, weights }) => ({
      ...{ service, id, port, tags },
      ...{ host: address, share: weights.passing },
    }));
  }

  #answerOf(dependency: Dependency): AnswerOf[Dependency['kind']] {
    return this.#answers.get(dependencyKey(dependency));
  }
}

/**
 * An agent that is back is noticed so soon [ms]: by the way of the feed, twice as long each time,
 * after up to a minute.
 */
const RETRY_MS_MAX = 2_000;

/** Those that pass, as the server has it. */
function healthOf(name: string): Dependency {
  return { kind: 'health.service', name, filter: [], connect: false };
}
