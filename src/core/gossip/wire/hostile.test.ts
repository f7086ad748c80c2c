import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../../base/failure.ts';
import { hostBytes, hostText } from '../address.ts';
import { MSGPACK_DEPTH_MAX, WRAP_DEPTH_MAX } from '../limits.ts';
import { crc32 } from './crc32.ts';
import { compressLzw, unpackLzw } from './lzw.ts';
import { decodeMessage } from './messages.ts';
import { PackReader, PackWriter, bytesOf } from './msgpack.ts';
import { compound, unwrap, withChecksum } from './packet.ts';
import { PLAIN } from './recorded.fixture.ts';
import { decodeKeyRequest, decodeKeyResponse, decodeSerf } from './serf-messages.ts';
import { encodeKeyRequest, encodeKeyResponse } from './serf-messages.ts';
import { wholeStream } from './stream.ts';
import { decodeTags, encodeTags } from './tags.ts';

/** Whatever is done to bytes either answers or fails as operations fail: no bug, no other error. */
function bounded(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
  }
}

const bytes = (): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: 600 });

test('W1: no bytes break a decoder', () => {
  fc.assert(
    fc.property(bytes(), (each) => {
      for (const message of [each, Uint8Array.of(9, ...each), Uint8Array.of(7, ...each)]) {
        bounded(() => unwrap(message).map((part) => decodeMessage(part)));
      }
      bounded(() => decodeSerf(each));
      bounded(() => wholeStream(each));
      bounded(() => decodeKeyRequest(each));
      decodeTags(each);
    }),
    { numRuns: 2_000 },
  );
});

test('W1: nor do real packets with bytes changed, or cut', () => {
  const real = PLAIN.map(({ hex }) => Uint8Array.from(Buffer.from(hex, 'hex')));
  const at = fc.nat();
  fc.assert(
    fc.property(fc.constantFrom(...real), at, fc.nat(255), at, (packet, where, byte, cut) => {
      const changed = packet.slice(0, packet.length - (cut % 8));
      changed[where % changed.length] = byte;
      bounded(() => {
        for (const part of unwrap(changed)) {
          const message = decodeMessage(part);
          if (message.type === 'user') decodeSerf(message.bytes);
        }
      });
      bounded(() => wholeStream(changed));
    }),
    { numRuns: 3_000 },
  );
});

test('P1: wrapping has an end, and so has what is unpacked', () => {
  let packet: Uint8Array = Uint8Array.of(8, 1);
  for (let i = 0; i <= WRAP_DEPTH_MAX; i++) packet = withChecksum(packet);
  assert.throws(() => unwrap(packet), /wrapped too often/);
  const bomb = compressLzw(new Uint8Array(100_000));
  assert.throws(() => unpackLzw(bomb, 99_999), /longer than 99999 bytes/);
  const message = new PackWriter().byte(9).map(2).text('Algo').int(7).text('Buf').raw(bomb).take();
  assert.throws(() => unwrap(message), /no compression has the number 7/);
});

test('M1, M2: msgpack: depth, counts and numbers are bounded', () => {
  const nested = Uint8Array.from([...Array<number>(MSGPACK_DEPTH_MAX + 1).fill(0x91), 1]);
  assert.throws(() => new PackReader(nested).value(), /too deep/);
  const many = Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff);
  assert.throws(() => new PackReader(many).value(), /ends too soon/);
  const large = new PackWriter().byte(0xcf).bare(new Uint8Array(8).fill(255)).take();
  assert.throws(() => new PackReader(large).value(), /too large/);
});

test('msgpack: what is written is read', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.double({ noNaN: true }), bytes(), (int, float, raw) => {
      const out = new PackWriter().list(5).int(int).float(float).raw(raw).nil().flag(true).take();
      assert.deepEqual(new PackReader(out).value(), [int, float, raw, null, true]);
    }),
  );
  for (const count of [0, 15, 16, 70_000]) {
    const out = new PackWriter().list(count);
    for (let i = 0; i < count; i++) out.int(i);
    assert.equal((new PackReader(out.take()).value() as readonly unknown[]).length, count);
  }
});

test('compression: what is packed is unpacked, at every length that matters', () => {
  const noise = (length: number): Uint8Array =>
    Uint8Array.from({ length }, (_, i) => (Math.imul(i, 2_654_435_761) >>> 13) & 0xff);
  for (const length of [0, 1, 2, 254, 255, 256, 3_837, 3_838, 3_839, 20_000]) {
    for (const made of [noise(length), new Uint8Array(length), bytesOf('abcab'.repeat(length))]) {
      assert.deepEqual(unpackLzw(compressLzw(made), 1_000_000), made, `${length} bytes`);
    }
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 9_000 }), (each) => {
      assert.deepEqual(unpackLzw(compressLzw(each), 9_000), each);
    }),
  );
});

test('compounds of any number of parts; the checksum is the usual one', () => {
  assert.equal(crc32(bytesOf('123456789')), 0xcbf43926);
  const parts = Array.from({ length: 600 }, (_, i) => Uint8Array.of(8, i & 255));
  const packets = compound(parts);
  assert.equal(packets.length, 3);
  assert.deepEqual(
    packets.flatMap((packet) => [...unwrap(packet)]),
    parts,
  );
});

test('addresses as text and bytes', () => {
  for (const text of ['10.0.0.1', '::1', 'fe80::1:0:0:2', '2001:db8::', '1:2:3:4:5:6:7:8', '::']) {
    assert.equal(hostText(hostBytes(text) ?? new Uint8Array(0)), text);
  }
  const mapped = Uint8Array.from([...Array<number>(10).fill(0), 255, 255, 10, 0, 0, 1]);
  assert.equal(hostText(mapped), '10.0.0.1');
  for (const text of ['', '10.0.0', '10.0.0.256', 'a.b.c.d', ':::', '1::2::3', '12345::', 'x']) {
    assert.equal(hostBytes(text), undefined, text);
  }
});

test('tags and keys', () => {
  const tags = { role: 'consul', dc: 'dc1', 'a key': 'ü' };
  assert.deepEqual(decodeTags(encodeTags(tags)), tags);
  assert.deepEqual(decodeTags(bytesOf('web')), { role: 'web' });
  assert.throws(() => encodeTags({ long: 'x'.repeat(600) }), /at most 512 bytes/);
  const key = Uint8Array.of(1, 2, 3);
  assert.deepEqual(decodeKeyRequest(encodeKeyRequest(key)), key);
  const response = { ok: false, message: 'no', keys: ['AQID'], primaryKey: 'AQID' };
  assert.deepEqual(decodeKeyResponse(encodeKeyResponse(response)), response);
});
