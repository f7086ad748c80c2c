import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeSerf, encodeSerf, type SerfMessage } from './serf-messages.ts';
import { decodeMessage, encodeMessage, type Message } from './messages.ts';
import { compressed, compound, unwrap, withChecksum } from './packet.ts';
import { decodePingPayload, encodePingPayload } from './ping-payload.ts';
import { PLAIN } from './recorded.fixture.ts';
import { encodePushPull, wholeStream, StreamReader } from './stream.ts';
import { decodeTags } from './tags.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const packets = PLAIN.filter(({ transport }) => transport === 'udp').map(({ hex }) => bytes(hex));
const streams = PLAIN.filter(({ transport }) => transport === 'tcp').map(({ hex }) => bytes(hex));
const raw = packets.flatMap((packet) => unwrap(packet));
const messages = raw.map((message) => decodeMessage(message));
const serf = messages.flatMap((each) => (each.type === 'user' ? [decodeSerf(each.bytes)] : []));

function first<T extends Message['type']>(type: T): Extract<Message, { type: T }> {
  const found = messages.find((each) => each.type === type);
  assert.ok(found, type);
  return found as Extract<Message, { type: T }>;
}

function firstSerf<T extends SerfMessage['type']>(type: T): Extract<SerfMessage, { type: T }> {
  const found = serf.find((each) => each.type === type);
  assert.ok(found, type);
  return found as Extract<SerfMessage, { type: T }>;
}

test('a real agent says who is alive, with tags and versions', () => {
  const { meta, versions, ...alive } = first('alive');
  assert.deepEqual(alive, {
    type: 'alive',
    incarnation: 1,
    name: 'a1',
    address: { host: '127.0.0.1', port: 17_001 },
  });
  assert.deepEqual(decodeTags(meta), { role: 'web', zone: 'z1' });
  assert.deepEqual([...versions], [1, 5, 2, 2, 5, 5]);
});

test('it probes, and answers with its coordinate', () => {
  const ping = first('ping');
  assert.equal(ping.target, 'a1');
  const address = { host: '127.0.0.1', port: 17_002 };
  assert.deepEqual(ping.source, { name: 'b2', address });
  const coordinate = decodePingPayload(first('ack').payload);
  assert.equal(coordinate?.vec.length, 8);
  assert.ok(coordinate.error > 0 && coordinate.error <= 1.5);
  assert.deepEqual(decodePingPayload(encodePingPayload(coordinate)), coordinate);
});

test('events, queries, answers, intents', () => {
  const event = firstSerf('event');
  assert.equal(event.name, 'deploy');
  assert.equal(Buffer.from(event.payload).toString(), 'v1.2.3');
  assert.equal(event.coalesces, true);
  const { id, payload, ...query } = firstSerf('query');
  assert.equal(Buffer.from(payload).toString(), 'now');
  assert.deepEqual(query, {
    type: 'query',
    lTime: 1,
    from: { host: '127.0.0.1', port: 17_001 },
    source: 'a1',
    filters: [{ by: 'tag', tag: 'role', expression: 'db' }],
    flags: 1,
    relayFactor: 0,
    timeoutMs: 1_000,
    name: 'load',
  });
  const response = firstSerf('response');
  assert.deepEqual([response.id, response.from, response.isAck], [id, 'b2', true]);
  assert.deepEqual(firstSerf('leave'), { type: 'leave', lTime: 2, name: 'b2', prune: false });
  const left = first('dead');
  assert.deepEqual(left, { type: 'dead', incarnation: 1, name: 'b2', from: 'b2' });
});

test('both sides of a join tell their states', () => {
  const [asked, answered] = streams.map((stream) => wholeStream(stream));
  assert.ok(asked?.type === 'push-pull' && answered?.type === 'push-pull');
  assert.equal(asked.isJoin, true);
  assert.deepEqual(
    asked.peers.map(({ name }) => name),
    ['b2'],
  );
  assert.deepEqual(
    answered.peers.map(({ name, condition }) => [name, condition]),
    [['a1', 'alive']],
  );
  const state = decodeSerf(answered.user);
  assert.ok(state.type === 'push-pull');
  assert.deepEqual([...state.statusTimes.keys()], ['a1']);
  assert.deepEqual(decodeSerf(encodeSerf(state)), state);
  assert.deepEqual(wholeStream(encodePushPull(answered)), answered);
});

test('S1: a stream may come in pieces of any size', () => {
  for (const stream of streams) {
    const inner = encodePushPull(wholeStream(stream) as Parameters<typeof encodePushPull>[0]);
    const reader = new StreamReader();
    const answers = [...inner].map((byte) => reader.read(Uint8Array.of(byte)));
    assert.deepEqual(answers.at(-1), wholeStream(stream));
    assert.ok(answers.slice(0, -1).every((answer) => answer === undefined));
  }
});

test('what is written again is read as the same, in every wrapping', () => {
  for (const [i, message] of messages.entries()) {
    assert.deepEqual(decodeMessage(encodeMessage(message)), message, `message ${i}`);
  }
  for (const message of serf) assert.deepEqual(decodeSerf(encodeSerf(message)), message);
  const wrapped = compound(raw).map((packet) => withChecksum(compressed(packet)));
  assert.deepEqual(
    wrapped.flatMap((packet) => [...unwrap(packet)]),
    raw,
  );
});
