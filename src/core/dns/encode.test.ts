import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, type DecodedPacket } from 'dns-packet';
import fc from 'fast-check';
import {
  answersMax,
  Encoder,
  PLAIN_UDP_BYTES,
  replyBytesMax,
  type Reply,
  type ReplyForm,
} from './encode.ts';
import { parseName, ROOT, type Name } from './name.ts';
import { queryFor, type Asked } from './query.fixture.ts';
import { RCODE, TYPE, type ResourceRecord } from './record.ts';

const name = (text: string): Name => {
  const parsed = parseName(text);
  assert.ok(parsed !== undefined);
  return parsed;
};

const FORM: ReplyForm = {
  bytesMax: 65_535,
  compress: true,
  recursion: false,
  tellTruncation: false,
};
const encoder = new Encoder();

function reply(change: Partial<Reply>): Reply {
  return {
    rcode: RCODE.ok,
    authoritative: true,
    answers: [],
    authority: [],
    additional: [],
    more: false,
    ...change,
  };
}

function a(last: number, owner?: string): ResourceRecord {
  const address = Uint8Array.of(10, 0, last >>> 8, last);
  return { name: owner === undefined ? undefined : name(owner), ttl: 1, type: TYPE.A, address };
}

function srv(i: number): ResourceRecord {
  const target = name(`Node-${i}.node.dc1.consul`);
  const glue: ResourceRecord[] = [
    { name: target, ttl: 1, type: TYPE.A, address: Uint8Array.of(10, 1, 0, i) },
  ];
  return { name: undefined, ttl: 7, type: TYPE.SRV, priority: 1, weight: 2, port: i, target, glue };
}

const many = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i + 1));

/** Encodes, and has somebody else read it. */
function written(
  change: Partial<Reply>,
  form: Partial<ReplyForm> = {},
  asked: Asked = {},
): { readonly bytes: Uint8Array; readonly read: DecodedPacket } {
  const query = queryFor('Web.service.consul', 'SRV', asked);
  const bytes = encoder.encode(query, reply(change), { ...FORM, ...form });
  return { bytes, read: decode(Buffer.from(bytes)) };
}

test('each type of record is read by others as it was meant', () => {
  const soa = { refresh: 3600, retry: 600, expire: 86400, minTtl: 5 };
  const { read } = written({
    answers: [
      a(1),
      {
        name: undefined,
        ttl: 2,
        type: TYPE.AAAA,
        address: Uint8Array.of(...Array<number>(15).fill(0), 1),
      },
      { name: undefined, ttl: 3, type: TYPE.CNAME, target: name('Other.example') },
      { name: undefined, ttl: 4, type: TYPE.PTR, target: name('n.node.dc1.consul') },
      {
        name: undefined,
        ttl: 5,
        type: TYPE.TXT,
        strings: [new TextEncoder().encode('k=v'), new Uint8Array()],
      },
      srv(9),
    ],
    authority: [
      { name: name('consul'), ttl: 6, type: TYPE.NS, target: name('n.node.dc1.consul') },
      {
        name: name('consul'),
        ttl: 2 ** 31 - 1,
        type: TYPE.SOA,
        primary: name('ns.consul'),
        mailbox: name('hostmaster.consul'),
        serial: 4_000_000_000,
        soa,
      },
    ],
    additional: [a(3, 'n.node.dc1.consul')],
  });
  assert.deepEqual(
    read.answers?.map((record) => [record.type, record.name, (record as { ttl: number }).ttl]),
    [
      ['A', 'Web.service.consul', 1],
      ['AAAA', 'Web.service.consul', 2],
      ['CNAME', 'Web.service.consul', 3],
      ['PTR', 'Web.service.consul', 4],
      ['TXT', 'Web.service.consul', 5],
      ['SRV', 'Web.service.consul', 7],
    ],
  );
  assert.deepEqual(
    read.answers.map((record) => (record as { data: unknown }).data),
    [
      '10.0.0.1',
      '::1',
      'Other.example',
      'n.node.dc1.consul',
      [Buffer.from('k=v'), Buffer.from('')],
      { priority: 1, weight: 2, port: 9, target: 'Node-9.node.dc1.consul' },
    ],
  );
  const { minTtl, ...times } = soa;
  assert.deepEqual(
    read.authorities?.map((record) => (record as { data: unknown }).data),
    [
      'n.node.dc1.consul',
      {
        mname: 'ns.consul',
        rname: 'hostmaster.consul',
        serial: 4_000_000_000,
        ...times,
        minimum: minTtl,
      },
    ],
  );
  assert.deepEqual(
    read.additionals?.map((record) => [record.name, (record as { data: unknown }).data]),
    [
      ['Node-9.node.dc1.consul', '10.1.0.9'],
      ['n.node.dc1.consul', '10.0.0.3'],
    ],
  );
});

test('the head says what it is an answer to', () => {
  const { read, bytes } = written({ rcode: RCODE.nameUnknown }, { recursion: true });
  assert.equal(read.id, 0x1234);
  assert.equal((read as { rcode?: string }).rcode, 'NXDOMAIN');
  const { flag_qr, flag_aa, flag_rd, flag_ra, flag_tc } = read;
  assert.deepEqual([flag_qr, flag_aa, flag_rd, flag_ra, flag_tc], [true, true, true, true, false]);
  assert.deepEqual(
    read.questions?.map((question) => question.name),
    ['Web.service.consul'],
  );
  assert.equal(bytes[3], 0x83);
});

test('extensions are answered with extensions, and only they', () => {
  const { read } = written({ answers: [a(1)] }, {}, { udpBytes: 1232, dnssec: true });
  const opt = read.additionals?.[0] as { type: string; udpPayloadSize: number; flag_do: boolean };
  assert.deepEqual([opt.type, opt.udpPayloadSize, opt.flag_do], ['OPT', 1232, true]);
  assert.equal(written({ answers: [a(1)] }).read.additionals?.length, 0);
});

test('an address costs 16 bytes, a target is spelt once', () => {
  const question = 12 + 20 + 4;
  assert.equal(written({ answers: many(3, (i) => a(i)) }).bytes.length, question + 3 * 16);
  // The glue's owner is a pointer to the target.
  const target = name('node-1.node.dc1.consul').wire.length;
  assert.equal(written({ answers: [srv(1)] }).bytes.length, question + 12 + 6 + target + 16);
});

test('E2: targets of SRV records are not compressed', () => {
  const { bytes } = written({ answers: [srv(1), srv(1)] });
  const text = Buffer.from(bytes).toString('latin1');
  assert.equal(text.split('Node-1').length - 1, 2);
});

test('without compression there is no pointer', () => {
  const { bytes, read } = written({ answers: many(3, srv) }, { compress: false });
  assert.equal(read.answers?.length, 3);
  assert.ok(bytes.length > written({ answers: many(3, srv) }).bytes.length + 3 * (18 + 21));
});

test('glue that several answers share is written once', () => {
  const shared = a(1, 'n.node.dc1.consul');
  const answers = [1, 2, 3].map((i) => ({ ...srv(i), glue: [shared] }));
  assert.equal(written({ answers }).read.additionals?.length, 1);
});

test('E1: what is too long loses its last answers and their glue', () => {
  const { read, bytes } = written({ answers: many(50, srv) }, { bytesMax: 512 });
  const count = read.answers?.length ?? 0;
  assert.ok(bytes.length <= 512 && bytes.length > 512 - 80, String(bytes.length));
  assert.ok(count > 3 && count < 10, String(count));
  assert.deepEqual(
    read.additionals?.map((record) => record.name),
    many(count, (i) => `Node-${i}.node.dc1.consul`),
  );
  assert.equal(read.flag_tc, false);
});

test('truncation is told where that is wanted, also of what was not looked for', () => {
  const form = { tellTruncation: true };
  assert.equal(written({ answers: many(50, srv) }, { ...form, bytesMax: 512 }).read.flag_tc, true);
  assert.equal(written({ answers: many(3, srv), more: true }, form).read.flag_tc, true);
  assert.equal(written({ answers: many(3, srv) }, form).read.flag_tc, false);
  assert.equal(written({ answers: many(3, srv), more: true }).read.flag_tc, false);
});

test('E1: the last answer stays without glue; without it the reader is told', () => {
  const strings = many(4, () => new Uint8Array(255));
  const text: ResourceRecord = { name: undefined, ttl: 0, type: TYPE.TXT, strings };
  const glued = written({ answers: [{ ...a(1), glue: [text] }, a(2)] }, { bytesMax: 512 });
  assert.deepEqual([glued.read.answers?.length, glued.read.additionals?.length], [1, 0]);
  assert.equal(glued.read.flag_tc, false);
  const none = written({ answers: [text] }, { bytesMax: 512 });
  assert.deepEqual([none.read.answers?.length, none.read.flag_tc], [0, true]);
});

test('how long an answer may be', () => {
  const bytes = (asked: Asked, transport: 'udp' | 'tcp'): number =>
    replyBytesMax(queryFor('a.consul', 'A', asked), transport);
  assert.equal(bytes({}, 'udp'), PLAIN_UDP_BYTES);
  assert.equal(bytes({ udpBytes: 100 }, 'udp'), PLAIN_UDP_BYTES);
  assert.equal(bytes({ udpBytes: 1232 }, 'udp'), 1232);
  assert.equal(bytes({ udpBytes: 65_535 }, 'udp'), 65_467);
  assert.equal(bytes({}, 'tcp'), 65_535);
});

test('how many answers are looked for', () => {
  assert.equal(answersMax(512, 'udp', 3), 3);
  assert.equal(answersMax(512, 'udp', 100), 8);
  assert.equal(answersMax(1232, 'udp', 3), 77);
  assert.ok(answersMax(65_535, 'tcp', 3) >= 4_095);
});

test('E1: whatever is said, it is as short as wanted and others can read it', () => {
  const label = fc.constantFrom('a', 'B', 'web', 'x'.repeat(63), 'consul');
  const names = fc
    .array(label, { maxLength: 6 })
    .map((labels) => parseName(labels.join('.')) ?? ROOT);
  const head = { name: fc.option(names, { nil: undefined }), ttl: fc.nat(2 ** 31 - 1) };
  const record: fc.Arbitrary<ResourceRecord> = fc.oneof(
    fc.record({
      ...head,
      type: fc.constant(TYPE.A),
      address: fc.uint8Array({ minLength: 4, maxLength: 4 }),
    }),
    fc.record({ ...head, type: fc.constantFrom(TYPE.CNAME, TYPE.NS, TYPE.PTR), target: names }),
    fc.record({
      ...head,
      type: fc.constant(TYPE.SRV),
      priority: fc.nat(65_535),
      weight: fc.nat(65_535),
      port: fc.nat(65_535),
      target: names,
    }),
    fc.record({
      ...head,
      type: fc.constant(TYPE.TXT),
      strings: fc.array(fc.uint8Array({ maxLength: 255 }), { minLength: 1, maxLength: 4 }),
    }),
  );
  const records = fc.array(record, { maxLength: 12 });
  const glued = fc
    .tuple(record, fc.option(records, { nil: undefined }))
    .map(([one, glue]) => (glue === undefined ? one : { ...one, glue }));
  const sections = fc.record({
    answers: fc.array(glued, { maxLength: 20 }),
    authority: records,
    additional: records,
    more: fc.boolean(),
  });
  fc.assert(
    fc.property(
      sections,
      fc.constantFrom(512, 600, 1232, 4096, 65_535),
      fc.boolean(),
      (change, bytesMax, compress) => {
        const asked = bytesMax === 512 ? {} : { udpBytes: bytesMax };
        const { bytes, read } = written(change, { bytesMax, compress }, asked);
        assert.ok(bytes.length <= bytesMax);
        const answers = read.answers ?? [];
        assert.ok(answers.length <= change.answers.length);
        // What is there is what was meant, in its order.
        for (const [i, one] of answers.entries()) {
          const meant = change.answers[i];
          assert.ok(meant !== undefined);
          const owner = (meant.name ?? name('Web.service.consul')).text;
          assert.equal((one.name === '.' ? '' : one.name).toLowerCase(), owner);
          if (meant.type !== TYPE.SRV || one.type !== 'SRV') continue;
          const target = one.data.target === '.' ? '' : one.data.target;
          assert.equal(target.toLowerCase(), meant.target.text);
        }
        const { bytes: roomy } = written(change, { compress }, asked);
        if (roomy.length <= bytesMax) assert.deepEqual(bytes, roomy);
      },
    ),
    { numRuns: 500 },
  );
});
