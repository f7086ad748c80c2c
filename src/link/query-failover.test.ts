import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../base/failure.ts';
import { CatalogWorld, machine, offer, preparedQuery, probe } from '../../test/catalog-world.ts';
import { encodeFull } from '../api/codec/codec.ts';
import { HEALTH_ENTRY } from '../api/consul/health-codec.ts';
import { readExecution, readWanted, type QueryReading } from '../core/state/reads-queries.ts';
import { T0 } from '../../test/state-world.ts';
import type { Caller } from './caller.ts';
import type { ForwardedRequest } from './http-forward.ts';
import { QueryFailover } from './query-failover.ts';
import type { Exchange } from './session.ts';

const never = new AbortController().signal;

/** A catalog with `web` on a healthy node and on a sick one, in `ohio`. */
function ohio(): CatalogWorld {
  const made = new CatalogWorld();
  const sick = probe('c', { serviceId: 'web', status: 'critical' });
  made.register(machine('o1', { datacenter: 'ohio' }), [offer('web')]);
  made.register(machine('o2', { datacenter: 'ohio' }), [offer('web')], [sick]);
  return made;
}

/** A region that answers with its catalog, and remembers what it was asked. */
function answering(asked: string[], answer: () => string): Caller {
  return {
    call: () => Promise.reject(new Failure('unavailable', 'is not asked so')),
    open: (_, body) => {
      const { api, pattern, path, query } = body as ForwardedRequest;
      asked.push(`${api} ${pattern} ${path}?${query}`);
      const pieces = (async function* () {
        // An answer in one piece has none of its own.
      })();
      const reply = Promise.resolve({ status: 200, headers: {}, body: answer() });
      return { pieces, reply } as unknown as Exchange;
    },
  };
}

interface Tried {
  readonly found: QueryReading;
  readonly notes: readonly string[];
}

async function tryIn(
  datacenters: readonly string[],
  callers: Record<string, Caller>,
): Promise<Tried> {
  const here = new CatalogWorld();
  const service = { failover: { nearestN: 0, datacenters } };
  here.register(machine('h1', { datacenter: 'hamburg' }), [offer('web')]);
  const query = preparedQuery(1, { name: 'q' }, service);
  here.do({ type: 'query.set', at: T0, query, mustExist: false });
  const execution = {
    datacenter: 'berlin',
    agentNode: '',
    near: '',
    datacenters: () => datacenters,
  };
  const reading = readExecution('q', execution)(here.state).value;
  assert.ok(reading);
  const notes: string[] = [];
  const failover = new QueryFailover({
    state: () => here.state,
    regions: {
      regionWith: (datacenter) => (datacenter === 'hamburg' ? undefined : datacenter),
      caller: (region) => callers[region],
    },
    note: (line) => notes.push(line),
  });
  return { found: await failover.resume(reading, never), notes };
}

test('QF1: datacenters are asked in order, and judged by the terms of the query', async () => {
  const asked: string[] = [];
  const there = readWanted({ ...preparedQuery(1).service, ignoreCheckIds: ['c'] }, 'ohio');
  const entries = there(ohio().state).value.map((entry) => encodeFull(HEALTH_ENTRY, entry));
  assert.equal(entries.length, 2);
  const callers = {
    broken: answering(asked, () => '[{"Node":7}]'),
    ohio: answering(asked, () => JSON.stringify(entries)),
  };
  const { found, notes } = await tryIn(['broken', 'ohio', 'hamburg'], callers);
  assert.deepEqual(
    found.instances.map(({ node }) => node.name),
    ['o1'],
  );
  assert.deepEqual([found.datacenter, found.failovers, found.untried], ['ohio', 2, undefined]);
  const path = 'discovery /v1/health/service/:service /v1/health/service/web';
  assert.deepEqual(asked, [`${path}?dc=broken`, `${path}?dc=ohio`]);
  assert.match(notes.join(), /cannot ask for "web" in "broken": the answer makes no sense/);
});

test('QF1: this region comes in its turn; nowhere is where it was asked', async () => {
  const empty = answering([], () => '[]');
  const { found } = await tryIn(['ohio', 'hamburg'], { ohio: empty });
  assert.deepEqual([found.datacenter, found.failovers], ['hamburg', 2]);
  const nowhere = await tryIn(['ohio'], { ohio: empty });
  assert.deepEqual([nowhere.found.datacenter, nowhere.found.failovers], ['berlin', 1]);
});
