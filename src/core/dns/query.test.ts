import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode } from 'dns-packet';
import fc from 'fast-check';
import { encodeRejection } from './encode.ts';
import { decodeQuery, type Received } from './query.ts';
import { queryPacket } from './query.fixture.ts';
import { RCODE, TYPE } from './record.ts';

function received(packet: Uint8Array | number[]): Received {
  return decodeQuery(Uint8Array.from(packet));
}

function rcodeOf(packet: Uint8Array | number[]): number | string {
  const result = received(packet);
  return result.verdict === 'reject' ? result.rcode : result.verdict;
}

test('a question is read', () => {
  const result = received(
    queryPacket('Web.service.consul', 'SRV', { udpBytes: 1232, dnssec: true }),
  );
  assert.ok(result.verdict === 'query');
  const { name, type, edns, questionEnd } = result.query;
  assert.equal(name.text, 'web.service.consul');
  assert.equal(type, TYPE.SRV);
  assert.deepEqual(edns, { udpBytes: 1232, dnssec: true });
  assert.equal(questionEnd, 12 + 20 + 4);
});

test('a question that somebody else wrote is read', () => {
  const packet = encode({
    type: 'query',
    id: 7,
    flags: 256,
    questions: [{ type: 'AAAA', name: 'n1.node.consul' }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: 4096,
        flags: 0,
        options: [{ code: 'CLIENT_SUBNET', ip: '10.0.0.0' }],
      } as never,
    ],
  });
  const result = received(packet);
  assert.ok(result.verdict === 'query');
  assert.equal(result.query.name.text, 'n1.node.consul');
  assert.deepEqual(result.query.edns, { udpBytes: 4096, dnssec: false });
});

const plain = [...queryPacket('a.consul', 'A')];
const edns = [...queryPacket('a.consul', 'A', { udpBytes: 512 })];
const changed = (packet: number[], at: number, value: number): number[] => {
  const copy = [...packet];
  copy[at < 0 ? copy.length + at : at] = value;
  return copy;
};

const rejections: [what: string, packet: number[], verdict: number | string][] = [
  ['nothing', [], 'ignore'],
  ['half a header', plain.slice(0, 11), 'ignore'],
  ['an answer', changed(plain, 2, 0x81), 'ignore'],
  ['a header alone', plain.slice(0, 12), RCODE.malformed],
  ['no question', changed(plain, 5, 0).slice(0, 12), RCODE.malformed],
  ['two questions', changed(plain, 5, 2), RCODE.malformed],
  ['a question cut off', plain.slice(0, -1), RCODE.malformed],
  ['a label that is too long', changed(plain, 12, 0x7f), RCODE.malformed],
  [
    'a name that is a pointer to itself',
    [...plain.slice(0, 12), 0xc0, 12, 0, 1, 0, 1],
    RCODE.malformed,
  ],
  ['a name that points forward', [...plain.slice(0, 12), 0xc0, 20, 0, 1, 0, 1], RCODE.malformed],
  [
    'a name that points into the header',
    [...plain.slice(0, 12), 0xc0, 6, 0, 1, 0, 1],
    RCODE.malformed,
  ],
  ['a status request', changed(plain, 2, 0x10), RCODE.notImplemented],
  ['an update', changed(plain, 2, 0x28), RCODE.notImplemented],
  ['class CHAOS', changed(plain, -1, 3), RCODE.refused],
  ['any class', changed(plain, -1, 255), 'query'],
  ['a transfer of the zone', changed(plain, -3, TYPE.AXFR), RCODE.notImplemented],
  ['a transfer of its changes', changed(plain, -3, TYPE.IXFR), RCODE.notImplemented],
  ['records that are not there', changed(plain, 7, 1), RCODE.malformed],
  ['65,535 records that are not there', changed(changed(plain, 6, 255), 7, 255), RCODE.malformed],
  ['extensions of a later version', changed(edns, -5, 1), RCODE.badVersion],
  ['extensions twice', [...changed(edns, 11, 2), ...edns.slice(-11)], RCODE.malformed],
  ['extensions in the wrong section', changed(changed(edns, 11, 0), 9, 1), RCODE.malformed],
  ['extensions that are cut off', edns.slice(0, -1), RCODE.malformed],
  ['options longer than the message', changed(edns, -1, 9), RCODE.malformed],
  ['something behind the end', [...plain, 1, 2, 3], 'query'],
];
for (const [what, packet, verdict] of rejections) {
  test(`${what}: ${verdict}`, () => assert.equal(rcodeOf(packet), verdict));
}

test('a rejection repeats id and question, and says the code', () => {
  const packet = Uint8Array.from(changed(edns, -5, 1));
  const result = received(packet);
  assert.ok(result.verdict === 'reject');
  const reply = encodeRejection(packet, result.rcode, { query: result.query, recursion: true });
  const read = decode(Buffer.from(reply));
  assert.equal(read.id, 0x1234);
  assert.deepEqual(
    read.questions?.map(({ name }) => name),
    ['a.consul'],
  );
  // The lower bits of BADVERS in the header, the upper ones in the OPT record.
  assert.equal((read as { rcode?: string }).rcode, 'NOERROR');
  assert.equal((read.additionals?.[0] as { extendedRcode?: number }).extendedRcode, 1);
});

test('K1: any bytes get a verdict, and an answer that can be read', () => {
  const mutated = fc
    .tuple(
      fc.constantFrom(plain, edns),
      fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 8 }),
      fc.uint8Array({ maxLength: 40 }),
    )
    .map(([packet, edits, tail]) =>
      edits.reduce((p, [at, value]) => changed(p, at % p.length, value), [...packet, ...tail]),
    );
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 600 }), mutated);
  fc.assert(
    fc.property(bytes, (some) => {
      const packet = Uint8Array.from(some);
      const result = decodeQuery(packet);
      if (result.verdict !== 'reject') return;
      const { rcode, query } = result;
      decode(Buffer.from(encodeRejection(packet, rcode, { query, recursion: false })));
    }),
    { numRuns: 3_000 },
  );
});
