import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../../base/brand.ts';
import { machine, offer, probe } from '../../../test/catalog-world.ts';
import { CoordinationWorld, NODE } from '../../../test/coordination-world.ts';
import type { CheckFacts } from '../model/health-check.ts';
import type { RowVerb, TxnOp } from './discovery-entry.ts';
import { lint } from './lint.ts';

const none = 0 as Index;

const service = (verb: RowVerb, index = none, node = NODE): TxnOp => ({
  of: 'service',
  verb,
  node,
  service: offer('web', { id: 'web-1' }),
  index,
});

const check = (verb: RowVerb, serviceId: string, status: CheckFacts['status']): TxnOp => ({
  of: 'check',
  verb,
  node: NODE,
  check: probe('alive', { status, serviceId }),
  index: none,
});

const node = (verb: RowVerb, index = none): TxnOp => ({
  of: 'node',
  verb,
  node: machine(NODE, { address: '10.0.0.8' }),
  index,
});

test('what each verb does to rows of the catalog', () => {
  const stale = 1 as Index;
  const rows: readonly [ops: readonly TxnOp[], problem: RegExp | undefined][] = [
    [[service('set'), service('get')], undefined],
    [[service('get')], /service "web-1" on node "Machine" doesn't exist/],
    [[service('cas')], undefined],
    [[service('cas', 99 as Index)], /index is stale/],
    [[service('set', none, 'elsewhere')], /Missing node/],
    [[service('set'), service('delete'), service('get')], /doesn't exist/],
    [[service('set'), service('delete-cas', stale)], /failed to delete .* index is stale/],
    [[check('set', 'web-1', 'passing')], /Missing service/],
    [[service('set'), check('set', 'web-1', 'passing'), check('get', '', 'passing')], undefined],
    [
      [
        service('set'),
        check('set', 'web-1', 'passing'),
        service('delete'),
        check('get', '', 'passing'),
      ],
      /doesn't exist/,
    ],
    [[node('set'), node('get')], undefined],
    [[node('cas', stale)], undefined],
    [[node('cas', none)], /index is stale/],
    [[node('delete'), service('set')], /Missing node/],
  ];
  for (const [ops, problem] of rows) {
    const world = new CoordinationWorld();
    const outcome = world.txn(...ops);
    if (problem === undefined) assert.equal(outcome.ok, true, JSON.stringify(outcome));
    else assert.match(outcome.ok ? '' : outcome.message, problem);
    assert.deepEqual(lint(world.state), []);
  }
});

test('a check that a transaction makes critical ends the sessions that live by it', () => {
  const world = new CoordinationWorld({ alive: 'passing' });
  world.session(1, { nodeChecks: ['alive'] });
  world.lock('k', 1);
  assert.equal(world.txn(check('set', '', 'critical')).ok, true);
  assert.equal(world.pair('k').session, undefined);
  assert.deepEqual(lint(world.state), []);
});
