import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { offer } from './offer.fixture.ts';
import { buildTable, lookup, lookupSni } from './table.ts';

const table = buildTable(
  [
    '/',
    '/api',
    '/api/v2',
    '/img/*.png',
    'x.com/',
    'x.com/api',
    'x.com:8080/only',
    '*.x.com/',
    '*.eu.x.com/',
    ':3306 proto=tcp',
    'db.x.com/ proto=tcp+sni',
    '*.db.com/ proto=tcp+sni',
  ].map((text) => offer(text)),
);

const finds: [host: string, path: string, key: string | undefined][] = [
  ['', '/', '/'],
  ['', '/zzz', '/'],
  ['', '/api/v1', '/api'],
  ['', '/api/v2/x', '/api/v2'],
  ['', '/apis', '/api'],
  ['', '/img/a/b.png', '/img/*.png'],
  ['', '/img/a/b.jpg', '/'],
  ['x.com', '/api/v2', 'x.com/api'],
  ['x.com:9999', '/q', 'x.com/'],
  ['x.com:8080', '/only/this', 'x.com:8080/only'],
  ['x.com:8080', '/other', 'x.com/'],
  ['a.x.com', '/api', '*.x.com/'],
  ['a.eu.x.com', '/api', '*.eu.x.com/'],
  ['y.com', '/api', '/api'],
];
for (const [host, path, key] of finds) {
  test(`T1: ${host}${path} goes by ${key ?? 'none'}`, () => {
    assert.equal(lookup(table, host, path)?.key, key);
  });
}

test('without a match there is none', () => {
  const only = buildTable([offer('x.com/a')]);
  assert.equal(lookup(only, 'x.com', '/b'), undefined);
  assert.equal(lookup(only, 'y.com', '/a'), undefined);
});

test('TCP goes by port, TLS by name', () => {
  assert.equal(table.tcp.get(3306)?.key, ':3306');
  assert.equal(lookupSni(table, 'DB.x.com')?.source.host, 'db.x.com');
  assert.equal(lookupSni(table, 'a.db.com')?.source.host, '*.db.com');
  assert.equal(lookupSni(table, 'x.com'), undefined);
  assert.equal(lookup(table, 'db.x.com', '/')?.key, '*.x.com/');
});

test('the same instance under one source twice is one target', () => {
  const twice = buildTable([offer('/x'), offer('/x'), offer('/x', 'web', 8002)]);
  assert.equal(lookup(twice, '', '/x')?.targets.length, 2);
});

test('T2, T3: shares add up to 1, and the order of offers does not matter', () => {
  const one = fc.record({
    path: fc.constantFrom('/a', '/b', 'h.com/'),
    port: fc.integer({ min: 1, max: 20 }),
    weight: fc.option(fc.integer({ min: 0, max: 100 })),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(one, { maxLength: 20, selector: ({ path, port }) => `${path}${port}` }),
      (wishes) => {
        const offers = wishes.map(({ path, port, weight }) =>
          offer(`${path}${weight === null ? '' : ` weight=${weight / 100}`}`, 'web', port),
        );
        const built = buildTable(offers);
        for (const { targets } of built.rules) {
          const sum = targets.reduce((all, target) => all + target.weight, 0);
          assert.ok(Math.abs(sum - 1) < 1e-9 || sum === 0);
        }
        assert.deepEqual(buildTable([...offers].reverse()).rules, built.rules);
      },
    ),
  );
});
