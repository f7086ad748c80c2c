import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode, type Answer } from 'dns-packet';
import fc from 'fast-check';
import { seeded } from '../../base/random.ts';
import { formatAddress } from './address.ts';
import { parseName } from './name.ts';
import { queryFor, queryPacket } from './query.fixture.ts';
import { TYPE } from './record.ts';
import {
  addressesIn,
  cutReply,
  encodeFollow,
  isReplyTo,
  isSettled,
  recursorOrder,
} from './recursion.ts';

function replyPacket(
  answers: Answer[],
  more: { readonly name?: string; readonly id?: number; readonly type?: 'A' | 'AAAA' } = {},
): Uint8Array {
  const { name = 'WWW.example.com', id = 7, type = 'A' } = more;
  return encode({ type: 'response', id, flags: 0x180, questions: [{ type, name }], answers });
}

const query = queryPacket('www.Example.com', 'A', { id: 7 });

test('a question of our own is one that others read', () => {
  const name = parseName('www.example.com');
  assert.ok(name !== undefined);
  const read = decode(Buffer.from(encodeFollow({ name, type: TYPE.AAAA })));
  assert.equal(read.flag_rd, true);
  assert.deepEqual(
    read.questions?.map((one) => [one.name, one.type, one.class]),
    [['www.example.com', 'AAAA', 'IN']],
  );
});

const replies: [what: string, reply: Uint8Array, is: boolean][] = [
  ['its answer, in another spelling', replyPacket([]), true],
  ['another id', replyPacket([], { id: 8 }), false],
  ['another name', replyPacket([], { name: 'w.example.com' }), false],
  ['another type', replyPacket([], { type: 'AAAA' }), false],
  ['the question itself', query, false],
  ['half a header', replyPacket([]).subarray(0, 11), false],
  ['a question cut off', replyPacket([]).subarray(0, 20), false],
];
for (const [what, reply, is] of replies) {
  test(`${what} is ${is ? 'taken' : 'not taken'}`, () => assert.equal(isReplyTo(query, reply), is));
}

test('a recursor that knows, and knows not, ends the search; one that failed does not', () => {
  const withCode = (rcode: number): Uint8Array => {
    const reply = Uint8Array.from(replyPacket([]));
    reply[3] = (reply[3] ?? 0) | rcode;
    return reply;
  };
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((rcode) => isSettled(withCode(rcode))),
    [true, false, false, true, false, false],
  );
});

const answers: Answer[] = [
  { type: 'CNAME', name: 'www.example.com', ttl: 60, data: 'Web.example.net' },
  { type: 'TXT', name: 'www.example.com', ttl: 60, data: 'x' },
  { type: 'A', name: 'web.example.net', ttl: 70, data: '192.0.2.1' },
  { type: 'AAAA', name: 'web.example.net', ttl: 80, data: '2001:db8::1' },
];

function shown(reply: Uint8Array, ttl: number | undefined, max: number): string[] {
  return addressesIn(reply, ttl, max).map((record) => {
    const data =
      record.type === TYPE.CNAME
        ? record.target.text
        : formatAddress(
            record.type === TYPE.A || record.type === TYPE.AAAA ? record.address : new Uint8Array(),
          );
    return `${record.name?.text ?? ''} ${record.ttl} ${data}`;
  });
}

test('addresses are taken from an answer, and the aliases that lead to them', () => {
  assert.deepEqual(shown(replyPacket(answers), undefined, 9), [
    'www.example.com 60 web.example.net',
    'web.example.net 70 192.0.2.1',
    'web.example.net 80 2001:db8::1',
  ]);
  assert.deepEqual(shown(replyPacket(answers), 5, 1), ['www.example.com 5 web.example.net']);
});

test('whatever a recursor says is survived', () => {
  const good = replyPacket(answers);
  const edits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 });
  fc.assert(
    fc.property(
      edits,
      fc.nat(good.length),
      fc.uint8Array({ maxLength: 60 }),
      (some, end, noise) => {
        const bad = Uint8Array.from(good.subarray(0, end));
        for (const [at, value] of some) bad[at] = value;
        for (const packet of [bad, Uint8Array.from([...good.subarray(0, 12), ...noise])]) {
          isReplyTo(query, packet);
          for (const record of addressesIn(packet, undefined, 64)) {
            assert.ok(record.ttl >= 0 && record.ttl < 2 ** 31);
          }
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test('an answer that is too long leaves the question and the word to ask over TCP', () => {
  const cut = decode(Buffer.from(cutReply(queryFor('www.example.com', 'A'), replyPacket(answers))));
  assert.equal(cut.id, 0x1234);
  assert.deepEqual([cut.flag_tc, cut.flag_qr, cut.flag_ra], [true, true, true]);
  assert.deepEqual([cut.questions?.length, cut.answers?.length], [1, 0]);
});

test('recursors are tried in order, or in one that is drawn', () => {
  const all = ['a', 'b', 'c'];
  assert.deepEqual(recursorOrder(all, 'sequential', seeded('x')), all);
  const random = seeded('order');
  const firsts = new Set(
    Array.from({ length: 100 }, () => recursorOrder(all, 'random', random)[0]),
  );
  assert.deepEqual([...firsts].sort(), all);
});
