import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../test/balancer-world.ts';
import type { Reply } from '../api/template-answers.ts';
import { Failure } from '../base/failure.ts';
import { dependencyKey, type Dependency } from '../core/template/dependency.ts';
import { systemClock } from '../io/clock.ts';
import { RemoteCatalog } from './remote-catalog.ts';

/** An agent that answers what it is told to, and wakes whoever waits when that changes. */
class Agent implements AsyncDisposable {
  readonly notes: string[] = [];
  readonly catalog: RemoteCatalog;
  readonly asked = new Set<string>();
  readonly #answers = new Map<string, Reply>();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #wake = new Set<() => void>();
  #isAway = false;
  #index = 1;

  constructor() {
    this.catalog = new RemoteCatalog(
      { tagPrefix: () => 'urlprefix-', keyPrefixes: ['balancer/routes'] },
      {
        ask: (dependency, index, signal) => this.#ask(dependency, index, signal),
        ...{ clock: systemClock, note: (line: string) => this.notes.push(line) },
      },
    );
    this.#running = this.catalog.run(this.#stop.signal);
  }

  set away(away: boolean) {
    this.#isAway = away;
    this.#ring();
  }

  services(...names: readonly string[]): void {
    const value = names.map((name) => ({ name, tags: name === 'db' ? ['x'] : ['urlprefix-/x'] }));
    this.#tell({ kind: 'catalog.services' }, value);
  }

  keys(text: string): void {
    this.#tell({ kind: 'kv.list', prefix: 'balancer/routes' }, [
      {
        ...{ path: 'balancer/routes', value: text, createIndex: 1, modifyIndex: 1 },
        ...{ lockIndex: 0, flags: 0n, session: '' },
      },
    ]);
  }

  instances(name: string, ...ports: readonly number[]): void {
    const value = ports.map((port) => ({
      ...{ node: 'n', nodeId: '', nodeAddress: '10.0.0.1', nodeDatacenter: 'dc1' },
      ...{ nodeTaggedAddresses: {}, nodeMeta: {}, serviceMeta: {}, serviceTaggedAddresses: {} },
      ...{ address: '10.0.0.1', id: `${name}-${port}`, name, tags: ['urlprefix-/x'], checks: [] },
      ...{ status: 'passing' as const, port, weights: { passing: 1, warning: 1 } },
    }));
    this.#tell({ kind: 'health.service', name, filter: [], connect: false }, value);
  }

  /** Ports that are routed to; undefined while nothing is known. */
  get ports(): readonly number[] | undefined {
    const view = this.catalog.view();
    return view && [...view.candidates('urlprefix-')].map(({ port }) => port);
  }

  #tell(dependency: Dependency, value: Reply['value']): void {
    this.#index += 1;
    this.#answers.set(dependencyKey(dependency), { value, index: this.#index });
    this.#ring();
  }

  #ring(): void {
    for (const wake of [...this.#wake]) wake();
  }

  async #ask(dependency: Dependency, index: number, signal: AbortSignal): Promise<Reply> {
    const key = dependencyKey(dependency);
    this.asked.add(key);
    for (;;) {
      if (signal.aborted || this.#isAway) throw new Failure('unavailable', 'the agent is away');
      const reply = this.#answers.get(key);
      if (reply !== undefined && reply.index > index) return reply;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#wake.delete(wake);
          resolve();
        };
        this.#wake.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

test('R2: nothing is shown before everything has answered once', async () => {
  await using agent = new Agent();
  agent.services('web', 'db', 'api');
  agent.keys('route del x');
  agent.instances('web', 1, 2);
  await until('it asks for the instances', () => agent.asked.size === 4);
  assert.equal(agent.ports, undefined);
  agent.instances('api', 3);
  await until('all is known', () => agent.ports?.length === 3);
  const texts = [...(agent.catalog.view()?.texts('balancer/') ?? [])];
  assert.deepEqual(texts, [{ key: 'balancer/routes', text: 'route del x' }]);
  assert.ok(![...agent.asked].some((key) => key.includes('db')), 'a service without routes');
});

test('changes come; services come and go', async () => {
  await using agent = new Agent();
  agent.services('web');
  agent.keys('');
  agent.instances('web', 1);
  let changes = 0;
  const unsubscribe = agent.catalog.subscribe(() => (changes += 1));
  await until('it is known', () => agent.ports?.join() === '1');
  agent.instances('web', 1, 2);
  await until('there are two', () => agent.ports?.join() === '1,2');
  assert.ok(changes >= 2);
  unsubscribe();
  agent.instances('api', 3);
  agent.services('api');
  await until('there is another', () => agent.ports?.join() === '3');
  agent.services();
  await until('there is none', () => agent.ports?.length === 0);
});

test('R1: while the agent is away nothing changes, and that is told once', async () => {
  await using agent = new Agent();
  agent.services('web');
  agent.keys('');
  agent.instances('web', 1);
  await until('it is known', () => agent.ports?.join() === '1');
  agent.away = true;
  await until('it is told', () => agent.notes.length === 1);
  assert.deepEqual(agent.ports, [1]);
  agent.away = false;
  agent.instances('web', 2);
  await until('it is back', () => agent.ports?.join() === '2');
  await until('that is told', () => agent.notes.includes('the agent answers again'));
  assert.equal(agent.notes.length, 2);
});
