import assert from 'node:assert/strict';
import { test } from 'node:test';
import { machine, offer, probe } from '../../../test/catalog-world.ts';
import { rowsProblem } from './rows-problem.ts';

const many = (n: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, '']));

test('R1: what cannot be kept is told, with its place', () => {
  const fine = { node: machine('a'), services: [], checks: [] };
  for (const [rows, expected] of [
    [{}, undefined],
    [{ services: [offer('web')], checks: [probe('c', { serviceId: 'web' })] }, undefined],
    [{ node: machine('ü'.repeat(256)) }, undefined],
    [{ node: machine('') }, /^Node: must not be empty$/],
    [{ node: machine('a\0b') }, /^Node: must not hold control/],
    [{ node: machine('ü'.repeat(257)) }, /^Node: is 514 bytes long/],
    [{ node: machine('a', { id: '\n' }) }, /^ID: must not hold control/],
    [{ node: machine('a', { meta: many(65) }) }, /^NodeMeta: cannot contain more than 64/],
    [{ node: machine('a', { meta: { ['k'.repeat(129)]: '' } }) }, /^NodeMeta: a key is longer/],
    [{ services: [offer('x', { id: '' })] }, /^Service.ID: must not be empty$/],
    [{ services: [offer('x'), offer('\x7f')] }, /^Service.ID: must not hold control/],
    [
      { services: [offer('x', { meta: { k: 'v'.repeat(513) } })] },
      /^Service.Meta\["k"\]: is longer/,
    ],
    [{ services: [offer('x', { meta: { '': 'v' } })] }, /^Service.Meta: a key must not be empty/],
    [{ checks: [probe('')] }, /^Check.CheckID: must not be empty$/],
    [{ checks: [probe('c', { serviceId: 's'.repeat(600) })] }, /^Check.ServiceID: is 600 bytes/],
    [{ checks: Array.from({ length: 501 }, (_, i) => probe(`c${i}`)) }, /^more than 500/],
  ] as const) {
    const problem = rowsProblem({ ...fine, ...rows });
    if (expected === undefined) assert.equal(problem, undefined);
    else assert.match(problem ?? '', expected);
  }
});
