import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dependencyKey, type KeyPair } from './dependency.ts';
import {
  parseKeyQuery,
  parseNomadServiceQuery,
  parseServiceQuery,
  parseVariableQuery,
} from './query-text.ts';
import { render } from './render.ts';
import { answer, rendering } from './rendering.fixture.ts';

const pair = (path: string, value: string): KeyPair => ({
  ...{ path, value, createIndex: 1, modifyIndex: 1, lockIndex: 0, flags: 0n, session: '' },
});

test('R1: what is missing is what has not answered, and what must exist and does not', () => {
  const text = '{{ key "a" }}{{ keyOrDefault "b" "x" }}{{ range service "web" }}{{ .ID }}{{ end }}';
  const first = rendering(text);
  assert.deepEqual(first.missing.map(dependencyKey), [
    'kv.get(a)',
    'kv.get(b)',
    'health.service(web)',
  ]);
  const known = [
    answer({ kind: 'kv.get', key: 'b' }, undefined),
    answer(parseServiceQuery('web', false), []),
  ];
  const absent = answer({ kind: 'kv.get', key: 'a' }, undefined);
  const second = rendering(text, new Map([...known, absent]));
  assert.deepEqual(second.missing.map(dependencyKey), ['kv.get(a)']);
  const there = answer({ kind: 'kv.get', key: 'a' }, pair('a', '1'));
  const third = rendering(text, new Map([...known, there]));
  assert.deepEqual(third.missing, []);
  assert.deepEqual(third.result, { text: '1x' });
  assert.equal(third.used.length, 3);
});

test('R2: what a template uses follows from what it is answered', () => {
  const text = '{{ range ls "apps" }}{{ key (print "port/" .Key) }};{{ end }}';
  const list = answer({ kind: 'kv.list', prefix: 'apps' }, [
    pair('apps/a', ''),
    pair('apps/b', ''),
  ]);
  assert.deepEqual(rendering(text, new Map([list])).missing.map(dependencyKey), [
    'kv.get(port/a)',
    'kv.get(port/b)',
  ]);
  assert.equal(typeof render, 'function');
});

test('the same question is asked once, whoever asks', () => {
  const { used } = rendering(
    '{{ key "a" }}{{ key "/a" }}{{ keyExists "a" }}{{ keyOrDefault "a" "" }}',
  );
  assert.deepEqual(used.map(dependencyKey), ['kv.get(a)']);
});

test('D1: queries are told apart by all that they say', () => {
  const rows: readonly (readonly [query: string, key: string])[] = [
    ['web', 'health.service(web)'],
    ['tag.web', 'health.service(tag.web)'],
    ['a.b.web', 'health.service(a.b.web)'],
    ['web@dc1', 'health.service(web@dc1)'],
    ['web~_agent', 'health.service(web~_agent)'],
    ['web|any', 'health.service(web|any)'],
    ['t.web@dc-1~n.x|warning,passing', 'health.service(t.web@dc-1~n.x|passing,warning)'],
  ];
  for (const [query, key] of rows)
    assert.equal(dependencyKey(parseServiceQuery(query, false)), key);
  assert.equal(dependencyKey(parseServiceQuery('web', true)), 'health.connect(web)');
  assert.equal(dependencyKey(parseKeyQuery('/a/b@dc2')), 'kv.get(a/b@dc2)');
  const chosen = parseNomadServiceQuery('web', { count: 3, by: 'x' });
  assert.equal(dependencyKey(chosen), 'nomad.service(web|3:x)');
  assert.deepEqual(parseVariableQuery('a/b@ns.eu'), {
    ...{ kind: 'nomad.var', path: 'a/b', namespace: 'ns', region: 'eu' },
  });
});
