import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { listOf } from '../../api/codec/fields.ts';
import { HEALTH_ENTRY } from '../../api/consul/health-codec.ts';
import { writeJson } from '../../base/json.ts';
import type { HealthStatus } from '../../core/model/health-check.ts';
import { readServiceHealth } from '../../core/state/reads-health.ts';
import { CatalogWorld, machine, offer, probe } from '../../../test/catalog-world.ts';
import { KeptReadings } from './kept-readings.ts';

const CODEC = listOf(HEALTH_ENTRY);
const WHERE = { datacenter: 'dc1', nodeMeta: {}, near: '', tags: [], passing: false };
const READ = readServiceHealth('web', WHERE);
const keptReadings = (): KeptReadings<ReturnType<typeof READ>['value']> =>
  new KeptReadings(CODEC, ['services', 'checks', 'catalogNodes']);

test('an answer is encoded once, and again only when what it shows has changed', () => {
  const world = new CatalogWorld();
  world.register('a', [offer('web')], [probe('up')]);
  const read = keptReadings().of('web', READ);
  const first = read(world.state);
  assert.equal(first.value.json(), first.value.json());
  world.register('b', [offer('db')], [probe('up')]);
  assert.equal(read(world.state).value.json(), first.value.json());
  world.register('a', [], [probe('up', { status: 'warning' })]);
  const second = read(world.state);
  assert.notEqual(second.value.json(), first.value.json());
  assert.equal(second.index, world.state.index);
});

test('K1: what is kept is what a fresh look would tell', () => {
  const node = fc.constantFrom('a', 'b', 'c');
  const status = fc.constantFrom<HealthStatus>('passing', 'warning', 'critical');
  const step = fc.oneof(
    fc.record({ do: fc.constant('offer' as const), node, port: fc.nat(2) }),
    fc.record({ do: fc.constant('other' as const), node, port: fc.nat(2) }),
    fc.record({ do: fc.constant('check' as const), node, status }),
    fc.record({ do: fc.constant('move' as const), node, port: fc.nat(2) }),
    fc.record({ do: fc.constant('go' as const), node }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const world = new CatalogWorld();
      const kept = keptReadings().of('web', READ);
      for (const each of steps) {
        if (each.do === 'offer') world.register(each.node, [offer('web', { port: each.port })]);
        if (each.do === 'other') world.register(each.node, [offer('db', { port: each.port })]);
        if (each.do === 'check')
          world.register(each.node, [], [probe('up', { status: each.status })]);
        if (each.do === 'move') {
          world.register(machine(each.node, { address: `10.0.0.${each.port}` }));
        }
        if (each.do === 'go') world.deregister(each.node);
        const { value, index } = kept(world.state);
        const fresh = READ(world.state);
        const json = writeJson(CODEC.encode(fresh.value, 'full'));
        assert.equal(new TextDecoder().decode(value.json()), json);
        assert.equal(index, Math.max(1, ...fresh.keys.map((key) => world.state.indexOf(key))));
      }
    }),
  );
});
