import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { makeMemberTls, type MemberTls } from '../etcd-member/member-tls.ts';
import { Connection } from './connection.ts';

const DEADLINE_MS = 30_000;
const dir = mkdtempSync(join(tmpdir(), 'muster-address-tls-'));
const warnings: string[] = [];
const noteWarning = ({ message }: Error): void => {
  warnings.push(message);
};
before(() => process.on('warning', noteWarning));
after(() => {
  process.off('warning', noteWarning);
  rmSync(dir, { recursive: true });
});

/** A server with a certificate for `host` that answers every call alike. */
async function serve(host: string): Promise<{
  readonly tls: MemberTls;
  readonly port: number;
  /** The names that it was called by; false: by none. */
  readonly names: unknown[];
  readonly close: () => void;
}> {
  const tls = await makeMemberTls(join(dir, host.replaceAll(':', '-')), 'the key', host);
  const names: unknown[] = [];
  const { ca, cert, key } = tls;
  const asks = { ca, cert, key, requestCert: true, rejectUnauthorized: true };
  const server = createSecureServer(asks);
  server.on('secureConnection', (socket: TLSSocket) => names.push(servernameOf(socket)));
  server.on('stream', (stream) => {
    const head = { ':status': 200, 'content-type': 'application/grpc' };
    stream.respond(head, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    // An uncompressed message of two bytes.
    stream.end(Buffer.from([0, 0, 0, 0, 2, 7, 8]));
  });
  server.on('sessionError', () => undefined);
  server.listen(0, host === '::1' ? '::1' : '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { tls, port, names, close: () => server.close() };
}

function servernameOf(socket: TLSSocket): unknown {
  return (socket as unknown as { readonly servername: unknown }).servername;
}

async function call(endpoint: string, tls: MemberTls): Promise<Buffer> {
  const connection = new Connection(endpoint, tls);
  try {
    return await connection.call('/a/B', Buffer.from('?'), { deadlineMs: DEADLINE_MS });
  } finally {
    connection.close();
  }
}

test('AC1: called by its address, a server is told no name, and nothing is warned of', async () => {
  const server = await serve('127.0.0.1');
  assert.deepEqual(await call(`https://127.0.0.1:${server.port}`, server.tls), Buffer.from([7, 8]));
  assert.deepEqual(server.names, [false]);
  server.close();
  assert.deepEqual(warnings, []);
});

test('AC1: so it is with IPv6', async () => {
  const server = await serve('::1');
  assert.deepEqual(await call(`[::1]:${server.port}`, server.tls), Buffer.from([7, 8]));
  server.close();
});

test('AC1: a certificate for another address, or for a name, is refused', async () => {
  for (const host of ['127.0.0.9', 'localhost']) {
    const server = await serve(host);
    const asked = call(`127.0.0.1:${server.port}`, server.tls);
    await assert.rejects(asked, (error: Error) => {
      assert.match(String(error.cause), /IP: 127.0.0.1 is not in the cert's list/);
      return true;
    });
    server.close();
  }
});

test('AC1: a certificate of another authority is refused', async () => {
  const server = await serve('127.0.0.1');
  const stranger = await makeMemberTls(join(dir, 'stranger'), 'another key', '127.0.0.1');
  await assert.rejects(call(`127.0.0.1:${server.port}`, stranger), { fault: 'unavailable' });
  server.close();
});

test('called by a name, a server is told it', async () => {
  const server = await serve('localhost');
  assert.deepEqual(await call(`localhost:${server.port}`, server.tls), Buffer.from([7, 8]));
  assert.deepEqual(server.names, ['localhost']);
  server.close();
});
