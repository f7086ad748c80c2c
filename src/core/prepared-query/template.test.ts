import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { preparedQuery } from '../../../test/catalog-world.ts';
import type { Index } from '../../base/brand.ts';
import type { PreparedQuery, QueryTemplate } from '../model/prepared-query.ts';
import { fillTemplate, templateProblem } from './template.ts';

function templated(
  service: Partial<PreparedQuery['service']>,
  template: Partial<QueryTemplate> = {},
): PreparedQuery {
  const full = { type: 'name_prefix_match', regexp: '', removeEmptyTags: false, ...template };
  const facts = preparedQuery(1, { name: 'geo-', template: full as QueryTemplate }, service);
  return { ...facts, createIndex: 1 as Index, modifyIndex: 1 as Index };
}

test('texts are filled in with the parts of the name', () => {
  const regexp = '^geo-(.*?)-([^-]+)$';
  for (const [text, expected] of [
    ['${name.full}', 'geo-db-master'],
    ['${name.prefix}|${name.suffix}', 'geo-|db-master'],
    ['${match(0)}', 'geo-db-master'],
    ['${ match(1) }.${match(2)}.${match(3)}', 'db.master.'],
    ['a${agent.segment}b', 'ab'],
    ['$${name.full}', '${name.full}'],
    ['plain', 'plain'],
  ] as const) {
    const query = templated({ service: text }, { regexp });
    assert.equal(templateProblem(query), undefined, text);
    assert.equal(fillTemplate(query, 'geo-db-master').service.service, expected, text);
  }
});

test('every text of the service is filled in, and empty tags go where that is wished', () => {
  const service = {
    service: 's',
    near: '${name.suffix}',
    tags: ['${match(1)}', '!${name.suffix}'],
    ignoreCheckIds: ['${name.suffix}'],
    failover: { nearestN: 1, datacenters: ['${name.suffix}'] },
    nodeMeta: { k: '${name.suffix}' },
    serviceMeta: { k: '${name.suffix}' },
  };
  const filled = (removeEmptyTags: boolean): PreparedQuery['service'] =>
    fillTemplate(templated(service, { removeEmptyTags }), 'geo-x').service;
  const { near, ignoreCheckIds, failover, nodeMeta, serviceMeta } = filled(false);
  assert.deepEqual(
    [near, ignoreCheckIds, failover.datacenters, nodeMeta, serviceMeta],
    ['x', ['x'], ['x'], { k: 'x' }, { k: 'x' }],
  );
  assert.deepEqual(filled(false).tags, ['', '!x']);
  assert.deepEqual(filled(true).tags, ['!x']);
});

test('a pattern that is not found leaves nothing', () => {
  const query = templated({ service: 'a${match(1)}b' }, { regexp: 'no(.*)' });
  assert.equal(fillTemplate(query, 'geo-x').service.service, 'ab');
});

test('mistakes are told when the query is made', () => {
  for (const [service, template, expected] of [
    ['${name.other}', {}, /unknown "name.other"/],
    ['${match(x)}', {}, /unknown "match\(x\)"/],
    ['${name.full', {}, /is not closed/],
    ['s', { regexp: '(' }, /bad Template.Regexp/],
    ['s', { type: 'other' as 'name_prefix_match' }, /bad Template.Type "other"/],
  ] as const) {
    assert.match(templateProblem(templated({ service }, template)) ?? '', expected);
  }
  assert.equal(templateProblem(preparedQuery(1, {}, { service: '${anything' })), undefined);
});

test('T1: what is let pass can be filled in for every name', () => {
  const piece = fc.constantFrom('${', '}', 'name.full', 'match(', '1', ')', '$', ' ', 'x');
  const text = fc.array(piece).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(text, fc.string(), fc.string(), (service, regexp, name) => {
      const query = templated({ service }, { regexp });
      if (templateProblem(query) === undefined) fillTemplate(query, name);
    }),
  );
});
