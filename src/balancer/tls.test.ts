import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { get, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, createServer, TLSSocket } from 'node:tls';
import { BalancerWorld, until } from '../../test/balancer-world.ts';

/** Certificate and key in one PEM. */
function certificateFor(name: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'muster-certificate-'));
  try {
    const [key, cert] = [join(dir, 'key'), join(dir, 'cert')];
    const how = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const rest = ['-nodes', '-days', '2', '-subj', `/CN=${name}`, '-keyout', key, '-out', cert];
    execFileSync('openssl', [...how, ...rest], { stdio: 'ignore' });
    return readFileSync(cert, 'utf8') + readFileSync(key, 'utf8');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const host = '127.0.0.1';
const skip = hasOpenssl() ? false : 'openssl is not installed';

async function ask(options: RequestOptions): Promise<[subject: string, body: string]> {
  const [reply] = (await once(
    get({ host: '127.0.0.1', rejectUnauthorized: false, agent: false, ...options }),
    'response',
  )) as [IncomingMessage];
  const { socket } = reply;
  assert.ok(socket instanceof TLSSocket);
  const subject = String(socket.getPeerCertificate().subject.CN);
  return [subject, String(await reply.toArray())];
}

test(
  'TLS ends here, by the certificate of the name, renewed as its key changes',
  { skip },
  async () => {
    await using world = await BalancerWorld.start();
    world.put('balancer/certificates/a.com', certificateFor('a.com'));
    world.put('balancer/certificates/_.b.com', certificateFor('b.com'));
    world.put('balancer/certificates/bad.com', 'nothing');
    world.offer(
      'w',
      await world.backend((incoming, response) => {
        response.end(
          `${String(incoming.headers['x-forwarded-proto'])} ${incoming.headers.host ?? ''}`,
        );
      }),
      ['urlprefix-/'],
    );
    await until('all is there', () => world.balancer.table.rules.length === 1);
    const port = world.ports.tls ?? 0;
    const about = { port, path: '/' };
    await until('certified', () =>
      ask({ ...about, servername: 'a.com' }).then(
        () => true,
        () => false,
      ),
    );
    assert.deepEqual(await ask({ ...about, servername: 'a.com', headers: { host: 'a.com' } }), [
      'a.com',
      'https a.com',
    ]);
    assert.equal((await ask({ ...about, servername: 'x.b.com' }))[0], 'b.com');
    await assert.rejects(ask({ ...about, servername: 'c.com' }));
    assert.ok(world.notes.some((line) => line.includes('"bad.com" has no certificate')));
    world.put('balancer/certificates/a.com', certificateFor('a2.com'));
    await until(
      'renewed',
      async () => (await ask({ ...about, servername: 'a.com' }))[0] === 'a2.com',
    );
  },
);

test('HTTP/2 comes in, HTTP/1.1 goes out', { skip }, async () => {
  await using world = await BalancerWorld.start();
  world.put('balancer/certificates/default', certificateFor('any'));
  world.offer(
    'w',
    await world.backend((incoming, response) => {
      response.setHeader('x-host', incoming.headers.host ?? '');
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      incoming.pipe(response);
    }),
    ['urlprefix-/'],
  );
  await until('all is there', () => world.balancer.table.rules.length === 1);
  const port = world.ports.tls ?? 0;
  const session = connectHttp2(`https://localhost:${port}`, {
    rejectUnauthorized: false,
    servername: 'any.com',
  });
  const stream = session.request({ ':method': 'POST', ':path': '/echo', ':authority': 'any.com' });
  stream.end('over two');
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
  assert.deepEqual([headers[':status'], headers['x-host']], [200, 'any.com']);
  assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
  assert.equal(String(await stream.toArray()), 'over two');
  session.destroy();
});

test('who asks for no name gets the default certificate of the moment', { skip }, async () => {
  await using world = await BalancerWorld.start();
  const about = { host, port: world.ports.tls ?? 0, path: '/' };
  world.put('balancer/certificates/other.com', certificateFor('other.com'));
  world.offer('w', await world.named('w'), ['urlprefix-/']);
  await until('there is a table', () => world.balancer.table.rules.length === 1);
  await assert.rejects(ask(about));
  for (const name of ['first', 'second']) {
    world.put('balancer/certificates/default', certificateFor(name));
    await until(`it is the ${name}`, () =>
      ask(about).then(
        ([subject, body]) => subject === name && body === 'w',
        () => false,
      ),
    );
  }
});

test('over TLS, too, requests follow each other on one connection', { skip }, async () => {
  await using world = await BalancerWorld.start();
  world.put('balancer/certificates/default', certificateFor('any'));
  const port = await world.backend((incoming, response) => {
    let length = 0;
    incoming.on('data', (piece: Buffer) => (length += piece.length));
    incoming.on('end', () => {
      response.end(
        `${String(incoming.headers['x-forwarded-proto'])} ${incoming.url ?? ''} ${length}`,
      );
    });
  });
  world.offer('w', port, ['urlprefix-/']);
  const about = { host, port: world.ports.tls ?? 0, path: '/' };
  await until('certified', () =>
    ask(about).then(
      () => true,
      () => false,
    ),
  );
  const socket = connect({ host, port: about.port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  let got = '';
  socket.on('data', (piece: Buffer) => (got += piece.toString('latin1')));
  const asked = async (request: string, answer: string): Promise<void> => {
    got = '';
    socket.write(request);
    await until(`${answer} is there`, () => got.endsWith(answer));
  };
  await asked('GET /a HTTP/1.1\r\nHost: x\r\n\r\n', 'https /a 0');
  await asked('GET /b HTTP/1.1\r\nHost: x\r\n\r\n', 'https /b 0');
  // A body: this and all that follow are node's to read.
  const body = 'x'.repeat(100_000);
  const head = 'POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n';
  await asked(head + body, 'https /c 100000');
  await asked('GET /d HTTP/1.1\r\nHost: x\r\n\r\n', 'https /d 0');
  socket.destroy();
});

test('a server that is asked for by name gets the connection unread', { skip }, async () => {
  await using world = await BalancerWorld.start();
  const pem = certificateFor('own.com');
  const server = createServer({ cert: pem, key: pem }, (socket) => socket.end('from within'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = server.address();
  assert.ok(at !== null && typeof at === 'object');
  world.offer('own', at.port, ['urlprefix-own.com/ proto=tcp+sni']);
  await until('routed', () => world.balancer.table.sni.size === 1);
  const socket = connect({
    port: world.ports.tls ?? 0,
    host: '127.0.0.1',
    servername: 'own.com',
    rejectUnauthorized: false,
  });
  await once(socket, 'secureConnect');
  assert.equal(socket.getPeerCertificate().subject.CN, 'own.com');
  assert.equal(String(await socket.toArray()), 'from within');
  server.close();
});
