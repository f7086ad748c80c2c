import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../base/random.ts';
import { Failure, type Fault } from '../base/failure.ts';
import type { Index } from '../base/brand.ts';
import { PREVIOUS_WAIT_MS } from '../core/limits.ts';
import type { ClientStatus } from '../core/model/alloc.ts';
import type { Entry } from '../core/state/entry.ts';
import type { ClientLink } from '../ports/client-link.ts';
import type { PreviousQuestion } from '../ports/previous-allocs.ts';
import { SimClock } from '../sim/clock.ts';
import {
  allocId,
  applyPlan,
  jobSpec,
  nodeFacts,
  nodeId,
  placement,
  plan,
  register,
  registerNode,
  T0,
} from '../../test/state-world.ts';
import { ParkedReads } from './parked-reads.ts';
import { ServerPreviousAllocs } from './previous-allocs.ts';
import { Replica } from './replica.ts';

const never = new AbortController().signal;

/** Allocation 1 on node 1, its successor 2 on node 2. */
class World {
  readonly replica = new Replica();
  readonly clock = new SimClock();
  readonly previous: ServerPreviousAllocs;
  /** What node 1 answers; undefined: it is out of reach. */
  client: Pick<ClientLink, 'allocData'> | undefined;
  #index = 0;

  constructor() {
    const { replica, clock } = this;
    const parked = new ParkedReads({ replica, clock, random: seeded('parked') });
    this.previous = new ServerPreviousAllocs({
      ...{ replica, parked },
      clientOf: (id) => (id === nodeId(1) ? (this.client as ClientLink | undefined) : undefined),
    });
    this.do(registerNode(1), registerNode(2), register(jobSpec('web'), 1));
    this.do(applyPlan(plan('web', { placements: [placement(1, nodeId(1))] })));
    const successor = { ...placement(2, nodeId(2)), previousAllocId: allocId(1) };
    this.do(applyPlan(plan('web', { placements: [successor] })));
  }

  do(...entries: readonly Entry[]): void {
    for (const entry of entries) this.replica.apply(++this.#index as Index, entry);
  }

  report(clientStatus: ClientStatus): void {
    const facts = { clientStatus, clientDescription: '', taskStates: {}, at: T0 };
    this.do({
      ...{ type: 'allocs.client-update', at: T0, seed: `s${this.#index}` },
      updates: [{ id: allocId(1), ...facts }],
    });
  }

  silence(status: 'down' | 'disconnected'): void {
    const about = { nodeId: nodeId(1), status, description: '' };
    this.do({ type: 'node.status', at: T0, seed: `s${this.#index}`, ...about });
  }
}

const QUESTION: PreviousQuestion = {
  nodeId: nodeId(2),
  secretId: nodeFacts(2).secretId,
  allocId: allocId(2),
};

test('the end of the predecessor is waited for, and told at once', async () => {
  const world = new World();
  world.report('running');
  const waits = world.previous.stateOf(QUESTION, never);
  world.report('complete');
  assert.equal(await waits, 'ended');
  assert.equal(await world.previous.stateOf(QUESTION, never), 'ended');
});

test('one that goes on running is told after a while', async () => {
  const world = new World();
  const waits = world.previous.stateOf(QUESTION, never);
  await new Promise((resolve) => setImmediate(resolve));
  world.clock.advance(PREVIOUS_WAIT_MS * 2);
  assert.equal(await waits, 'running');
});

test('one whose client is silent, or that was forgotten, is gone', async () => {
  for (const status of ['down', 'disconnected'] as const) {
    const world = new World();
    const waits = world.previous.stateOf(QUESTION, never);
    world.silence(status);
    assert.equal(await waits, 'gone', status);
  }
  const first = { ...QUESTION, nodeId: nodeId(1), secretId: nodeFacts(1).secretId };
  const world = new World();
  const alone = await world.previous.stateOf({ ...first, allocId: allocId(1) }, never);
  assert.equal(alone, 'gone', 'there is none');
});

const strangers: readonly (readonly [string, Partial<PreviousQuestion>, Fault])[] = [
  ['another secret', { secretId: 'guessed' }, 'denied'],
  ["another node's allocation", { allocId: allocId(1) }, 'denied'],
  ['an unknown node', { nodeId: nodeId(9) }, 'unavailable'],
  ['an unknown allocation', { allocId: allocId(9) }, 'unavailable'],
];

for (const [what, over, fault] of strangers) {
  test(`PA1: ${what} gets nothing`, async () => {
    const world = new World();
    world.client = { allocData: () => assert.fail('nobody may ask') };
    const asked = { ...QUESTION, ...over };
    const isFault = (error: unknown): boolean => error instanceof Failure && error.fault === fault;
    await assert.rejects(world.previous.stateOf(asked, never), isFault);
    const data = world.previous.dataOf(asked, never)[Symbol.asyncIterator]();
    await assert.rejects(data.next(), isFault);
  });
}

test('data comes from the client that has it', async () => {
  const world = new World();
  const data = async (): Promise<string> => {
    let text = '';
    for await (const piece of world.previous.dataOf(QUESTION, never)) {
      text += new TextDecoder().decode(piece);
    }
    return text;
  };
  await assert.rejects(data(), /No path to node/);
  world.client = {
    async *allocData(id) {
      yield new TextEncoder().encode(await Promise.resolve(`of ${id}`));
    },
  };
  assert.equal(await data(), `of ${allocId(1)}`);
});
