import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DEAD_MS, QUIET_MS, memberToRemove, nextStep, whyKept, whyLeft } from './membership.ts';
import type { ListedMember, MemberHealth, MemberView, ServerPeer } from './membership.ts';

function peer(id: string, more: Partial<ServerPeer> = {}): ServerPeer {
  return {
    ...{ id, name: id, host: id, clientPort: 2379, peerPort: 2380 },
    ...{ expect: 3, stage: 'new', status: 'alive' },
    ...more,
  };
}

function member(id: bigint, name: string, more: Partial<ListedMember> = {}): ListedMember {
  return { id, name, peerUrl: `http://${name || 'b'}:2380`, learner: false, ...more };
}

const base: MemberView = {
  self: { id: 'b', peerUrl: 'http://b:2380', expect: 3 },
  ...{ stage: 'new', running: false, exits: 0 },
  ...{ peers: [peer('c'), peer('d')], quietMs: QUIET_MS },
  members: undefined,
};
const self = member(2n, 'b');

const rows: readonly (readonly [string, Partial<MemberView>, string])[] = [
  ['the first of all that are expected begins', {}, 'bootstrap'],
  ['not before the dust has settled', { quietMs: QUIET_MS - 1 }, 'wait'],
  ['another waits for it', { peers: [peer('a'), peer('c')] }, 'wait'],
  ['too few', { peers: [peer('c')] }, 'wait'],
  [
    'one that failed does not count',
    { peers: [peer('c'), peer('d', { status: 'failed' })] },
    'wait',
  ],
  ['one has been a member', { peers: [peer('c'), peer('d', { stage: 'member' })] }, 'wait'],
  [
    'even one that failed',
    { peers: [peer('c'), peer('d'), peer('e', { stage: 'member', status: 'failed' })] },
    'wait',
  ],
  [
    'but not one that left',
    { peers: [peer('c'), peer('d'), peer('e', { stage: 'member', status: 'left' })] },
    'bootstrap',
  ],
  ['not of one mind', { peers: [peer('c'), peer('d', { expect: 5 })] }, 'wait'],
  ['a cluster without it', { members: [member(1n, 'a')] }, 'add'],
  ['its place is there', { members: [member(1n, 'a'), member(2n, '')] }, 'join'],
  ['its disk was lost', { members: [member(1n, 'a'), self] }, 'replace'],
  ['data is started', { stage: 'member' }, 'start'],
  ['after a crash, too', { stage: 'member', exits: 9 }, 'start'],
  ['also where it is listed', { stage: 'member', exits: 9, members: [self] }, 'start'],
  ['removed', { stage: 'member', exits: 3, members: [member(1n, 'a')] }, 'discard'],
  ['not doubted at once', { stage: 'member', exits: 1, members: [member(1n, 'a')] }, 'start'],
  ['runs, unheard', { stage: 'member', running: true }, 'wait'],
  ['learns', { stage: 'member', running: true, members: [{ ...self, learner: true }] }, 'promote'],
  ['votes', { stage: 'member', running: true, members: [self] }, 'settled'],
];
for (const [name, view, expected] of rows) {
  test(name, () => {
    assert.equal(nextStep({ ...base, ...view }).do, expected);
  });
}

test('M1: of servers that know each other exactly one begins', () => {
  const ids = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 3, maxLength: 7 });
  const property = fc.property(ids, (all) => {
    const begun = all.filter((id) => {
      const peers = all.filter((other) => other !== id).map((other) => peer(other));
      return nextStep({ ...base, self: { ...base.self, id }, peers }).do === 'bootstrap';
    });
    assert.equal(begun.length, 1);
  });
  fc.assert(property);
});

function health(id: bigint, more: Partial<MemberHealth> = {}): MemberHealth {
  const healthy = more.healthy ?? true;
  const silentMs = healthy ? 0 : DEAD_MS;
  return { ...member(id, `s${id}`), healthy, silentMs, left: false, ...more };
}
const dead = health(3n, { healthy: false });
const [one, two] = [health(1n), health(2n)];
const learner = health(4n, { learner: true });

const removals: readonly (readonly [
  string,
  readonly MemberHealth[],
  number,
  bigint | undefined,
])[] = [
  ['all are well', [one, two, health(3n)], 1, undefined],
  ['a dead one without a successor stays', [one, two, dead], 0, undefined],
  ['a dead one goes when another is there', [one, two, dead, learner], 1, 3n],
  ['or votes already', [one, two, dead, health(4n)], 0, 3n],
  ['not at once', [one, two, { ...dead, silentMs: 500 }, learner], 1, undefined],
  ['one that left goes', [one, two, { ...dead, silentMs: 500, left: true }], 0, 3n],
  [
    'no majority left to decide',
    [one, { ...two, healthy: false, silentMs: DEAD_MS }, dead],
    1,
    undefined,
  ],
  [
    'a learner that never came',
    [one, two, { ...learner, healthy: false, silentMs: DEAD_MS }],
    0,
    4n,
  ],
];
for (const [name, members, waiting, expected] of removals) {
  test(name, () => {
    assert.equal(memberToRemove(members, { self: 's1', expect: 3, waiting })?.id, expected);
  });
}

test('M4: a removal leaves a majority of healthy voters, and the remover itself', () => {
  const any = fc.record({ healthy: fc.boolean(), learner: fc.boolean(), left: fc.boolean() });
  const property = fc.property(
    fc.array(any, { minLength: 1, maxLength: 7 }),
    fc.nat(2),
    (list, n) => {
      const members = list.map((each, i) => health(BigInt(i + 1), each));
      const gone = memberToRemove(members, { self: 's1', expect: 3, waiting: n });
      if (gone === undefined) return;
      assert.notEqual(gone.name, 's1');
      const voters = members.filter((each) => each !== gone && !each.learner);
      assert.ok(voters.filter(({ healthy }) => healthy).length * 2 > voters.length);
    },
  );
  fc.assert(property);
});

const silent = (id: bigint): MemberHealth => health(id, { healthy: false, silentMs: 0 });
const learns = health(4n, { learner: true, healthy: false });
const kept: readonly (readonly [
  string,
  MemberHealth,
  readonly MemberHealth[],
  boolean,
  boolean,
])[] = [
  ['one that answers', two, [one, two, dead], false, false],
  ['one whose server is there', silent(3n), [one, two], true, false],
  ['a dead one, without a successor', silent(3n), [one, two], false, true],
  ['a dead one of two', silent(2n), [one], false, false],
  ['the second dead one of three', silent(2n), [one, dead], false, false],
  ['a learner that never came', learns, [one, two, dead], false, true],
];
for (const [name, member, others, lives, goes] of kept) {
  test(`wanted gone: ${name}`, () => {
    assert.equal(whyKept(member, [...others, member], lives) === undefined, goes);
  });
}

const leavers: readonly (readonly [string, readonly MemberHealth[], boolean])[] = [
  ['of three', [one, two, health(3n)], true],
  ['of two', [one, two], true],
  ['of three, one of which is dead', [one, two, dead], false],
  ['the last', [one], false],
  ['the last that votes', [one, learner], false],
];
for (const [name, members, goes] of leavers) {
  test(`leaves: ${name}`, () => {
    assert.equal(whyLeft('s1', members) === undefined, goes);
  });
}
