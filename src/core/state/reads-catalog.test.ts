import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CatalogWorld, machine, offer } from '../../../test/catalog-world.ts';
import { T0, uuid } from '../../../test/state-world.ts';
import {
  datacentersOf,
  readCatalogNodes,
  readCoordinates,
  readInstances,
  readNodeServices,
  readProxies,
  readService,
} from './reads-catalog.ts';
import type { RowsWhere } from './reads-catalog.ts';
import type { Read } from './reads.ts';

const WHERE: RowsWhere = { datacenter: 'dc1', nodeMeta: {}, near: '' };

function world(): CatalogWorld {
  const made = new CatalogWorld();
  const id = uuid('mach', 1);
  made.register(machine('a', { id, meta: { rack: '1' } }), [
    offer('web', { tags: ['Prod', 'v1'] }),
  ]);
  made.register(machine('b', { meta: { rack: '2' } }), [
    offer('web', { tags: ['prod'] }),
    offer('db'),
  ]);
  made.register(machine('c', { datacenter: 'dc2' }), [offer('web')]);
  return made;
}

/** The highest index of what a read looked at. */
function indexOf(made: CatalogWorld, read: Read<unknown>): number {
  return Math.max(...read(made.state).keys.map((key) => made.state.indexOf(key)));
}

function names(rows: readonly { readonly node: { readonly name: string } }[]): string {
  return rows.map(({ node }) => node.name).join(' ');
}

function place(made: CatalogWorld, at: Readonly<Record<string, number>>, height = 0): void {
  const updates = Object.entries(at).map(([node, x]) => ({
    node,
    segment: '',
    coordinate: { vec: [x], error: 1, adjustment: 0, height },
  }));
  made.do({ type: 'coordinates.update', at: T0, updates });
}

test('rows are those of one datacenter, with the metadata and tags asked for', () => {
  const { state } = world();
  const nodes = (where: Partial<RowsWhere>): string =>
    readCatalogNodes({ ...WHERE, ...where })(state)
      .value.map(({ name }) => name)
      .join(' ');
  assert.equal(nodes({}), 'a b');
  assert.equal(nodes({ datacenter: 'dc2' }), 'c');
  assert.equal(nodes({ nodeMeta: { rack: '2' } }), 'b');
  assert.equal(nodes({ nodeMeta: { toString: '' } }), '');
  const web = (tags: readonly string[], where: Partial<RowsWhere> = {}): string =>
    names(readService('WEB', tags, { ...WHERE, ...where })(state).value);
  assert.equal(web([]), 'a b');
  assert.equal(web(['PROD']), 'a b');
  assert.equal(web(['prod', 'V1']), 'a');
  assert.equal(web(['none']), '');
  assert.equal(web([], { nodeMeta: { rack: '2' } }), 'b');
  assert.equal(readInstances(WHERE)(state).value.length, 3);
  assert.deepEqual([...datacentersOf(state)].sort(), ['dc1', 'dc2']);
});

test('a node is found by name in any case, and by id', () => {
  const made = world();
  for (const [asked, found] of [
    ['A', 'a'],
    [uuid('mach', 1), 'a'],
    ['c', undefined],
    ['none', undefined],
    ['', undefined],
  ] as const) {
    assert.equal(readNodeServices(asked, 'dc1')(made.state).value?.node.name, found, asked);
  }
});

test('nearest first; what has no coordinate comes last, in the order that it had', () => {
  const made = world();
  made.register('d', [offer('web')]);
  made.register('e', [offer('web')]);
  place(made, { a: 10, b: 3, e: 1 });
  const from = (near: string): string =>
    names(readService('web', [], { ...WHERE, near })(made.state).value);
  assert.equal(from('e'), 'e b a d');
  assert.equal(from('a'), 'a b e d');
  assert.equal(from('d'), 'a b d e');
  assert.equal(from('nobody'), 'a b d e');
  // By the formula it is 10 from itself, and 7 from the next.
  place(made, { e: 1 }, 5);
  assert.equal(from('e'), 'e b a d');
});

test('a read of a service wakes on its instances and their nodes, and on nothing else', () => {
  const made = world();
  const read = readService('web', [], WHERE);
  const moves = (entry: () => unknown): boolean => {
    const before = indexOf(made, read);
    entry();
    const after = indexOf(made, read);
    assert.ok(after >= before);
    return after > before;
  };
  assert.equal(
    moves(() => made.register('z')),
    false,
  );
  assert.equal(
    moves(() => made.register('b', [offer('db', { port: 1 })])),
    true,
    'its meta went',
  );
  assert.equal(
    moves(() => made.register('b', [offer('db', { port: 2 })])),
    false,
  );
  assert.equal(
    moves(() => made.register('z', [offer('web')])),
    true,
  );
  assert.equal(
    moves(() => made.register(machine('z', { address: '1.2.3.4' }))),
    true,
  );
  assert.equal(
    moves(() => made.deregister('z')),
    true,
  );
  assert.equal(
    moves(() => made.register('z')),
    false,
  );
});

const SIDECAR = { kind: 'connect-proxy', proxy: { destination_service_name: 'DB' } } as const;

test('a read of what does not exist wakes when it comes to be', () => {
  const made = world();
  const id = uuid('mach', 9);
  for (const [read, entry] of [
    [readService('new', [], WHERE), () => made.register('a', [offer('NEW')])],
    [readProxies('db', [], WHERE), () => made.register('a', [offer('side', SIDECAR)])],
    [readNodeServices('new-node', 'dc1'), () => made.register('New-Node')],
    [readNodeServices(id, 'dc1'), () => made.register(machine('other', { id }))],
    [readCoordinates('dc1', 'a'), () => place(made, { a: 1 })],
  ] as const) {
    const before = indexOf(made, read);
    assert.ok(before >= 1);
    entry();
    assert.equal(indexOf(made, read), made.state.index);
  }
});

test('coordinates are of one datacenter', () => {
  const made = world();
  place(made, { a: 1, c: 2 });
  assert.deepEqual(
    readCoordinates('dc1')(made.state).value.map(({ node }) => node),
    ['a'],
  );
  assert.deepEqual(readCoordinates('dc1', 'c')(made.state).value, []);
});
