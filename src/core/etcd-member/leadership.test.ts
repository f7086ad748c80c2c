import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseLeadership } from './leadership.ts';
import type { LeadershipView } from './leadership.ts';

const NOW = 100_000;
const limits = { silentMs: 1_500, unprovenMs: 3_000 };
const base: LeadershipView = {
  ...{ memberLeads: false, founded: true, holder: 'other' },
  ...{ heardMs: NOW - 10, provenMs: -Infinity },
};

const rows: readonly (readonly [string, Partial<LeadershipView>, string])[] = [
  ['follows a holder that is heard', {}, 'wait'],
  ['deposes one that is silent', { heardMs: NOW - 1_500 }, 'depose'],
  ['claims beside the leader of etcd', { memberLeads: true }, 'claim'],
  ['claims beside it when nobody holds', { memberLeads: true, holder: 'none' }, 'claim'],
  ['waits for that server at first', { holder: 'none' }, 'wait'],
  ['and not for ever', { holder: 'none', heardMs: NOW - 2_000 }, 'depose'],
  ['waits for enough members', { memberLeads: true, holder: 'none', founded: false }, 'wait'],
  ['leaves it to the lease', { memberLeads: undefined, heardMs: 0 }, 'wait'],
  ['claims when the lease is over', { memberLeads: undefined, holder: 'none' }, 'claim'],
  ['stays', { holder: 'me', memberLeads: true, provenMs: NOW - 100 }, 'wait'],
  ['stays although etcd is led elsewhere', { holder: 'me', provenMs: NOW - 100 }, 'wait'],
  ['steps down unconfirmed', { holder: 'me', provenMs: NOW - 3_000 }, 'step-down'],
];
for (const [name, view, expected] of rows) {
  test(name, () => {
    assert.equal(chooseLeadership({ ...base, ...view }, NOW, limits), expected);
  });
}

const views = fc.record({
  memberLeads: fc.constantFrom(true, false, undefined),
  founded: fc.boolean(),
  holder: fc.constantFrom('none' as const, 'me' as const, 'other' as const),
  heardMs: fc.integer({ min: 0, max: NOW }),
  provenMs: fc.integer({ min: 0, max: NOW }),
});

test('H1: a holder that is heard is left in peace, but beside the leader of etcd', () => {
  const property = fc.property(views, (view) => {
    fc.pre(view.holder === 'other' && view.memberLeads !== true);
    fc.pre(NOW - view.heardMs < limits.silentMs);
    assert.equal(chooseLeadership(view, NOW, limits), 'wait');
  });
  fc.assert(property);
});

test('H2: nobody claims before there are enough', () => {
  const property = fc.property(views, (view) => {
    const choice = chooseLeadership({ ...view, founded: false }, NOW, limits);
    assert.ok(choice === 'wait' || choice === 'step-down');
  });
  fc.assert(property);
});
