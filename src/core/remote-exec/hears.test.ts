import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hears } from './hears.ts';

const HEARER = {
  node: 'web-1',
  services: [
    { name: 'api', tags: ['v1', 'blue'] },
    { name: 'db', tags: [] },
  ],
};

test('an event is heard by those whom all its filters match', () => {
  const rows: readonly (readonly [string, string, string, boolean])[] = [
    ['', '', '', true],
    ['^web-', '', '', true],
    ['^db-', '', '', false],
    ['', 'api', '', true],
    ['', '^(api|db)$', 'blue', true],
    ['', 'db', 'blue', false],
    ['web', 'cache', '', false],
    ['(', '', '', false],
    ['', 'api', '(', false],
  ];
  for (const [nodeFilter, serviceFilter, tagFilter, expected] of rows) {
    const event = { nodeFilter, serviceFilter, tagFilter };
    assert.equal(hears(event, HEARER), expected, JSON.stringify(event));
  }
});
