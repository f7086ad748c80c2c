/** The published client `consul` for Node, called by names of its methods, which are counted. */
import assert from 'node:assert/strict';
import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { member } from './consul-clients-like.ts';

// Its types describe only half of its methods, and some of those wrongly.
const require = createRequire(import.meta.url);
const Consul = require('consul') as new (options: object) => ClientSurface;

interface ClientSurface {
  destroy(): void;
  watch(options: object): ClientWatch;
}

export interface ClientWatch extends EventEmitter {
  end(): void;
  isRunning(): boolean;
  updateTime(): number;
}

type Method = (...args: unknown[]) => Promise<unknown>;

/** Parts of the client that are made of further parts. */
const NESTED = /^(?:agent\.(?:check|service)|catalog\.(?:connect|node|service))$/;

export class NpmClient {
  readonly #client: ClientSurface;
  readonly #called = new Set<string>();

  constructor(port: number, defaults: object = {}) {
    this.#client = new Consul({ host: '127.0.0.1', port, defaults });
  }

  /** Calls a method by its path below the client, such as `agent.check.pass`. */
  async call(path: string, ...args: readonly unknown[]): Promise<unknown> {
    this.#called.add(path);
    const names = path.split('.');
    const owner = member(this.#client, ...names.slice(0, -1)) as object;
    const method = member(owner, names.at(-1) ?? '');
    assert.ok(typeof method === 'function', `the client has no ${path}`);
    return (method as Method).apply(owner, [...args]);
  }

  /** Hands a method to the client's own watch. */
  watch(path: string, options: object): ClientWatch {
    const method = member(this.#client, ...path.split('.'));
    return this.#client.watch({ method, options, backoffFactor: 10 });
  }

  destroy(): void {
    this.#client.destroy();
  }

  /** Methods that nobody called yet, sorted. */
  untried(): readonly string[] {
    return methodsOf(this.#client).filter((path) => !this.#called.has(path));
  }
}

/** Of what the client is made of, by the prototypes of its parts. */
function methodsOf(client: object): readonly string[] {
  const parts = Object.keys(client).filter((name) => isPart(client, name));
  return parts.flatMap((part) => below(part, member(client, part) as object)).sort();
}

function below(path: string, part: object): readonly string[] {
  const own = Object.getOwnPropertyNames(Object.getPrototypeOf(part))
    .filter((name) => name !== 'constructor' && !name.startsWith('_'))
    .map((name) => `${path}.${name}`);
  const inner = Object.keys(part)
    .filter((name) => NESTED.test(`${path}.${name}`))
    .flatMap((name) => below(`${path}.${name}`, member(part, name) as object));
  return [...own, ...inner];
}

function isPart(client: object, name: string): boolean {
  const part = member(client, name);
  return typeof part === 'object' && part !== null && member(part, 'consul') === client;
}
