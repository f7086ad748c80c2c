import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { hear, say } from './guard-wire.ts';

test('what is said is heard, and a peer that is cut off closes the stream and no more', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const holder = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [guard] = await accepted;
  guard.on('error', () => undefined);
  const heard: unknown[] = [];
  const first = new Promise<void>((resolve) => {
    hear(guard, (message) => {
      heard.push(message);
      resolve();
    });
  });
  say(holder, { do: 'end' });
  await first;
  assert.deepEqual(heard, [{ do: 'end' }]);
  const closed = new Promise((resolve) => guard.once('close', resolve));
  holder.resetAndDestroy();
  await closed;
});
