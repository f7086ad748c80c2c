import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Coordinate } from '../model/coordinate.ts';
import { byNearness, medianRtt, type Outlook } from './nearness.ts';
import type { RegionServer } from './region-server.ts';

/** So many milliseconds from the origin. */
function at(ms: number): Coordinate {
  return { vec: [ms / 1_000, 0, 0, 0, 0, 0, 0, 0], error: 1, adjustment: 0, height: 0 };
}

function server(name: string, region: string, datacenter: string): RegionServer {
  return { name, node: name, region, datacenter, link: '10.0.0.1:4647', status: 'alive' };
}

const OUTLOOK: Outlook = {
  own: { datacenter: 'm', region: 'eu' },
  self: 'a',
  servers: [
    server('a', 'eu', 'm'),
    ...[server('b', 'us', 'x'), server('c', 'us', 'x'), server('d', 'us', 'x')],
    server('e', 'asia', 'y'),
    server('f', 'mars', 'z'),
  ],
  coordinates: new Map([
    ['a', at(0)],
    ['b', at(90)],
    ['c', at(80)],
    ['d', at(500)],
    ['e', at(60)],
  ]),
};
const inRegion = (
  region: string,
  ...names: readonly string[]
): { datacenter: string; region: string }[] => names.map((datacenter) => ({ datacenter, region }));

test('NE1: own first, then the region, then by the median round trip, then by name', () => {
  const all = [
    ...inRegion('mars', 'z', 'a'),
    ...inRegion('us', 'x', 'clients'),
    ...inRegion('asia', 'y'),
    ...inRegion('eu', 'n', 'b', 'm'),
  ];
  const order = byNearness(all, OUTLOOK).map(({ datacenter }) => datacenter);
  assert.deepEqual(order, ['m', 'b', 'n', 'y', 'clients', 'x', 'a', 'z']);
});

test('the median of the servers that are known; where nothing is, nothing is near', () => {
  const rtt = (region: string, datacenter: string, outlook = OUTLOOK): number =>
    Math.round(medianRtt({ region, datacenter }, outlook) * 1_000);
  assert.deepEqual([rtt('us', 'x'), rtt('us', 'clients'), rtt('mars', 'z')], [90, 90, Infinity]);
  assert.equal(rtt('us', 'x', { ...OUTLOOK, coordinates: new Map() }), Infinity);
});
