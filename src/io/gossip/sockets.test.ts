import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { Failure } from '../../base/failure.ts';
import { encodeMessage } from '../../core/gossip/wire/messages.ts';
import { ENCRYPTED, KEY } from '../../core/gossip/wire/recorded.fixture.ts';
import { unwrap } from '../../core/gossip/wire/packet.ts';
import type { GossipSocket } from '../../ports/gossip.ts';
import { open, seal, withLabel, withoutLabel } from './seal.ts';
import { systemGossipSockets } from './sockets.ts';

const OTHER = 'T9jncgl9mbLus+baTTa7q7nPSUrXwbDi2dhbtqir37s=';
const NOTHING = new Uint8Array(0);
const isDenied = (error: unknown): boolean => error instanceof Failure && error.fault === 'denied';

async function listening(keys: readonly string[], label = ''): Promise<GossipSocket> {
  const socket: GossipSocket = await systemGossipSockets.listen(
    { at: { host: '127.0.0.1', port: 0 }, label, streamTimeoutMs: 2_000, keys: () => keys },
    {
      onPacket: () => undefined,
      onStream: (connection, _, message) => {
        if (message.type !== 'ping') return;
        const { sequence } = message;
        socket.answer(connection, encodeMessage({ type: 'ack', sequence, payload: NOTHING }));
      },
      onDropped: () => undefined,
    },
  );
  return socket;
}

const PING = encodeMessage({ type: 'ping', sequence: 7, target: '' });

test('Z1: what real agents sealed is opened; with another key, or changed, it is not', () => {
  const packets = ENCRYPTED.filter(({ transport }) => transport === 'udp');
  assert.ok(packets.length > 0);
  for (const { hex } of packets) {
    const sealed = Uint8Array.from(Buffer.from(hex, 'hex'));
    assert.ok(unwrap(open([OTHER, KEY], sealed, NOTHING)).length > 0);
    assert.throws(() => open([OTHER], sealed, NOTHING), isDenied);
    sealed[20] = (sealed[20] ?? 0) ^ 1;
    assert.throws(() => open([KEY], sealed, NOTHING), isDenied);
  }
  const own = seal([KEY], PING, Buffer.from('label'));
  assert.deepEqual(Buffer.from(open([KEY], own, Buffer.from('label'))), Buffer.from(PING));
  assert.throws(() => open([KEY], own, NOTHING), isDenied);
  assert.deepEqual(withoutLabel('a', withLabel('a', PING)), Buffer.from(PING));
  assert.throws(() => withoutLabel('b', withLabel('a', PING)), isDenied);
  assert.throws(() => withoutLabel('b', PING), isDenied);
});

for (const keys of [[], [KEY]]) {
  test(`S2: noise does not end a listener with ${keys.length} keys`, async () => {
    const target = await listening(keys, 'pool');
    const asker = await listening(keys, 'pool');
    const noise = createSocket('udp4');
    for (let i = 0; i < 500; i++) {
      const packet = i % 3 === 0 ? withLabel('pool', randomBytes(i)) : randomBytes(i);
      noise.send(packet, target.at.port, '127.0.0.1');
    }
    for (let i = 0; i < 30; i++) {
      const stream = connect(target.at.port, '127.0.0.1');
      stream.on('error', () => undefined);
      const bytes = i % 2 === 0 ? withLabel('pool', randomBytes(1 + 40 * i)) : randomBytes(1 + i);
      stream.end(bytes);
      await once(stream, 'close');
    }
    const answer = await asker.exchange(target.at, PING);
    assert.deepEqual([answer.type, 'sequence' in answer && answer.sequence], ['ack', 7]);
    noise.close();
    const stranger = await listening([OTHER], 'pool');
    await assert.rejects(stranger.exchange(target.at, PING), Failure);
    await Promise.all([target.close(), asker.close(), stranger.close()]);
  });
}
