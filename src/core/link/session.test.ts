import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Millis } from '../../base/brand.ts';
import { LINK_CREDIT } from '../limits.ts';
import type { Frame } from './frame.ts';
import { Session, type SessionEffect, type SessionPolicy } from './session.ts';

const POLICY: SessionPolicy = { dialled: true, callsMax: 3, pingMs: 5_000, deadMs: 15_000 };
const at = (ms: number): Millis => ms as Millis;

function pair(): readonly [Session, Session] {
  return [new Session(POLICY, at(0)), new Session({ ...POLICY, dialled: false }, at(0))];
}

/** What the other side makes of what is sent. */
function cross(effects: readonly SessionEffect[], to: Session, now = 0): readonly SessionEffect[] {
  return effects.flatMap((each) => (each.do === 'send' ? to.receive(each.frame, at(now)) : []));
}

const call = (method = 'm'): { method: string; body: unknown; deadlineMs: number } => ({
  ...{ method, body: method, deadlineMs: 0 },
});

const ofKind = (effects: readonly SessionEffect[], kind: SessionEffect['do']): number =>
  effects.filter((each) => each.do === kind).length;

test('a call is served, answered and over', () => {
  const [near, far] = pair();
  const { id, effects } = near.open(call('node.pull'), at(1));
  assert.deepEqual(cross(effects, far), [
    { do: 'serve', id, method: 'node.pull', body: 'node.pull' },
  ]);
  assert.deepEqual(cross(far.reply(id, 'yes'), near), [{ do: 'answered', id, body: 'yes' }]);
  assert.deepEqual([near.counts, far.counts], [NONE, NONE]);
  assert.deepEqual(far.reply(id, 'again'), []);
});

const NONE = { mine: 0, theirs: 0 };

test('both sides call at once without mistaking one for the other', () => {
  const [near, far] = pair();
  const [one, other] = [near.open(call('a'), at(1)), far.open(call('b'), at(1))];
  assert.notEqual(one.id, other.id);
  assert.equal(ofKind(cross(one.effects, far), 'serve'), 1);
  assert.equal(ofKind(cross(other.effects, near), 'serve'), 1);
});

test('LS4: calls beyond the bound are refused one by one, and room comes back', () => {
  const [near, far] = pair();
  const ids = [1, 2, 3, 4].map(() => {
    const { id, effects } = near.open(call(), at(0));
    return { id, served: cross(effects, far) };
  });
  assert.deepEqual(
    ids.map(({ served }) => served[0]?.do),
    ['serve', 'serve', 'serve', 'send'],
  );
  assert.equal(cross(ids[3]?.served ?? [], near)[0]?.do, 'failed');
  cross(far.reply(ids[0]?.id ?? 0, 1), near);
  assert.equal(cross(near.open(call(), at(0)).effects, far)[0]?.do, 'serve');
});

test('LS2: pieces flow as far as credit goes, and on once they are taken', () => {
  const [near, far] = pair();
  const { id, effects } = near.open(call(), at(0));
  cross(effects, far);
  for (let i = 0; i < LINK_CREDIT; i++) assert.equal(cross(far.piece(id, i), near)[0]?.do, 'piece');
  assert.equal(far.creditOf(id), 0);
  const told = Array.from({ length: LINK_CREDIT }, () => cross(near.took(id), far)).flat();
  assert.equal(ofKind(told, 'writable'), 1);
  assert.equal(far.creditOf(id), LINK_CREDIT);
});

test('LS2: whoever breaks the rules is cut off, and what was under way fails', () => {
  const lies: readonly (readonly [string, readonly Frame[]])[] = [
    ['an id twice', [frameOf(1), frameOf(1)]],
    ['an id of ours', [frameOf(2)]],
    ['an older id', [frameOf(5), frameOf(3)]],
    ['a piece of nothing', [{ kind: 'data', id: 7, body: 1 }]],
    ['an answer to nothing', [{ kind: 'reply', id: 8, body: 1 }]],
    ['an answer to its own call', [frameOf(1), { kind: 'reply', id: 1, body: 1 }]],
    ['a second greeting', [{ kind: 'hello', body: {} }]],
    ['too much credit', [frameOf(1), { kind: 'credit', id: 1, count: LINK_CREDIT + 1 }]],
    [
      'pieces without end',
      [
        frameOf(1),
        ...Array.from({ length: LINK_CREDIT + 1 }, (): Frame => ({
          ...{ kind: 'data', id: 1, body: 1 },
        })),
      ],
    ],
    [
      'pieces after the end',
      [frameOf(1), { kind: 'end', id: 1 }, { kind: 'data', id: 1, body: 1 }],
    ],
  ];
  for (const [what, frames] of lies) {
    const [, far] = pair();
    const effects = frames.flatMap((frame) => far.receive(frame, at(0)));
    assert.equal(effects.at(-1)?.do, 'close', what);
    assert.equal(far.isClosed, true, what);
    assert.deepEqual(far.receive(frameOf(99), at(0)), [], what);
  }
});

function frameOf(id: number): Frame {
  return { kind: 'call', id, ...call() };
}

test('a canceled exchange is over on both sides, whatever is still under way', () => {
  const [near, far] = pair();
  const { id, effects } = near.open(call(), at(0));
  cross(effects, far);
  const late = far.piece(id, 'late');
  assert.deepEqual(cross(near.cancel(id), far), [{ do: 'dropped', id }]);
  assert.deepEqual(cross(late, near), []);
  assert.deepEqual([near.counts, far.counts], [NONE, NONE]);
});

test('a deadline ends an exchange on both sides, each by its own clock', () => {
  const [near, far] = pair();
  const { id, effects } = near.open({ ...call(), deadlineMs: 100 }, at(0));
  cross(effects, far);
  assert.equal(near.wakeAt, 100);
  assert.equal(ofKind(near.tick(at(99)), 'failed'), 0);
  assert.equal(ofKind(near.tick(at(100)), 'failed'), 1);
  assert.deepEqual(
    far.tick(at(100)).map((each) => each.do),
    ['send', 'dropped'],
  );
  assert.equal(far.creditOf(id), undefined);
});

test('LS3: a silent peer is asked, and given up when it does not answer', () => {
  const [near] = pair();
  const { effects } = near.open(call(), at(0));
  assert.equal(effects.length, 1);
  const seen: string[] = [];
  for (let now = 0; now <= 20_000 && !near.isClosed; now = Math.max(now + 1, near.wakeAt)) {
    for (const each of near.tick(at(now))) seen.push(`${now} ${each.do}`);
  }
  assert.deepEqual(seen, ['5000 send', '10000 send', '15000 failed', '15000 close']);
});

test('LS3: one that answers lives on', () => {
  const [near, far] = pair();
  for (let now = 0; now <= 60_000; now += 1_000) {
    cross(cross(near.tick(at(now)), far, now), near, now);
    cross(cross(far.tick(at(now)), near, now), far, now);
  }
  assert.deepEqual([near.isClosed, far.isClosed], [false, false]);
});

test('LS1, LS2: whatever frames come, in any order, every exchange of ours ends at most once', () => {
  const id = fc.integer({ min: 1, max: 12 });
  const body = fc.constant(null);
  const frame: fc.Arbitrary<Frame> = fc.oneof(
    fc.record({
      ...{ kind: fc.constant('call' as const), id, method: fc.constant('m'), body },
      deadlineMs: fc.integer({ min: 0, max: 5 }),
    }),
    fc.record({ kind: fc.constantFrom('data' as const, 'reply' as const), id, body }),
    fc.record({ kind: fc.constantFrom('end' as const, 'cancel' as const), id }),
    fc.record({ kind: fc.constant('credit' as const), id, count: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ kind: fc.constantFrom('ping' as const, 'pong' as const) }),
  );
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 60 }), (frames) => {
      const session = new Session(POLICY, at(0));
      const ended = new Map<number, number>();
      const opened = [1, 2, 3].map(() => session.open(call(), at(0)).id);
      let closes = 0;
      frames.forEach((each, now) => {
        const effects = [...session.receive(each, at(now)), ...session.tick(at(now))];
        for (const effect of effects) {
          if (effect.do === 'close') closes += 1;
          if (effect.do === 'answered' || effect.do === 'failed') {
            ended.set(effect.id, (ended.get(effect.id) ?? 0) + 1);
          }
        }
        assert.ok(session.counts.theirs <= POLICY.callsMax);
      });
      assert.ok(closes <= 1);
      for (const [which, times] of ended) assert.ok(opened.includes(which) && times === 1);
      if (session.isClosed) assert.equal(ended.size, opened.length);
    }),
  );
});
