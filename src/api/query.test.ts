import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isIssues, renderIssues } from './codec/issue.ts';
import { decodeQuery, encodeQuery, parseQuery } from './query.ts';
import { queryDuration, queryFlag, queryInt, queryText, queryTexts } from './query.ts';

const FIELDS = {
  prefix: queryText('prefix', ''),
  all: queryFlag('all', ''),
  index: queryInt('index', ''),
  waitMs: queryDuration('wait', ''),
  topics: queryTexts('topic', ''),
} as const;

test('parameters are read by kind', () => {
  for (const [text, expected] of [
    ['', {}],
    ['prefix=a%20b+c', { prefix: 'a b c' }],
    ['prefix=', { prefix: '' }],
    ['prefix=%zz', { prefix: '%zz' }],
    ['all', { all: true }],
    ['all=1', { all: true }],
    ['all=FALSE', { all: false }],
    ['index=12&wait=5m', { index: 12, waitMs: 300_000 }],
    ['wait=1500ms', { waitMs: 1500 }],
    ['wait=10', { waitMs: 10_000 }],
    ['topic=Job&topic=Node:x', { topics: ['Job', 'Node:x'] }],
    ['unknown=1&&=&=x', {}],
  ] as const) {
    assert.deepEqual(decodeQuery(FIELDS, parseQuery(text)), expected, text);
  }
});

test('mistakes name the parameter', () => {
  const decoded = decodeQuery(FIELDS, parseQuery('index=x&all=maybe&wait=soon'));
  assert.ok(isIssues(decoded));
  assert.equal(
    renderIssues(decoded),
    [
      '?all: expected true or false, got "maybe"',
      '?index: expected a whole number, got "x"',
      '?wait: expected a duration such as "30s", got "soon"',
    ].join('\n'),
  );
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(
      fc.record(
        {
          prefix: fc.string(),
          all: fc.boolean(),
          index: fc.nat(),
          waitMs: fc.integer({ min: 1, max: 1e9 }),
          topics: fc.array(fc.string(), { minLength: 1 }),
        },
        { requiredKeys: [] },
      ),
      (values) => {
        const clean = JSON.parse(JSON.stringify(values).replaceAll('\\u0000', '')) as typeof values;
        const text = encodeQuery(FIELDS, clean).replace(/^\?/, '');
        assert.deepEqual(decodeQuery(FIELDS, parseQuery(text)), clean);
      },
    ),
  );
});

test('the number of parameters is bounded, and nothing throws', () => {
  assert.equal(parseQuery(Array.from({ length: 9999 }, (_, i) => `p${i}=1`).join('&')).size, 100);
  fc.assert(
    fc.property(fc.string(), (text) => {
      decodeQuery(FIELDS, parseQuery(text));
    }),
  );
});
