import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { decode, encode, streamEncode, type Answer, type DecodedPacket } from 'dns-packet';
import { Bug } from '../base/assert.ts';
import { Failure } from '../base/failure.ts';
import { seeded } from '../base/random.ts';
import { directoryNode, directoryOf, instance } from '../core/dns/directory.fixture.ts';
import type { Directory } from '../core/dns/directory.ts';
import { queryPacket, type Asked, type TypeName } from '../core/dns/query.fixture.ts';
import {
  DEFAULT_DNS_SETTINGS,
  type DnsSettings,
  type SocketAddress,
} from '../core/dns/settings.ts';
import { systemClock } from '../io/clock.ts';
import { systemDnsSockets } from '../io/dns/sockets.ts';
import type { DnsSockets } from '../ports/dns.ts';
import { Dns } from './dns.ts';

const node = directoryNode('n1', '127.0.0.1');
const directory = directoryOf({
  nodes: [node],
  servers: [node],
  services: {
    web: Array.from({ length: 50 }, (_, i) =>
      instance(node, { port: 7_000 + i, address: `10.0.0.${i}` }),
    ),
    external: [instance(node, { address: 'www.example.com' })],
  },
});
const host = '127.0.0.1';
const notes: string[] = [];
const notify = (line: string): void => void notes.push(line);

interface Started {
  readonly dns: Dns;
  readonly at: SocketAddress;
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const started: Started[] = [];

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, 'waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function start(
  settings: Partial<DnsSettings> = {},
  more: { readonly directory?: Directory; readonly sockets?: DnsSockets } = {},
): Promise<Started> {
  const dns = new Dns(
    { settings: { ...DEFAULT_DNS_SETTINGS, ...settings }, listen: [{ host, port: 0 }] },
    {
      directory,
      sockets: systemDnsSockets,
      clock: systemClock,
      random: seeded('dns'),
      note: notify,
      ...more,
    },
  );
  const stop = new AbortController();
  const ended = dns.run(stop.signal);
  ended.catch(() => undefined);
  await until(() => dns.listening.length > 0);
  const at = dns.listening[0];
  assert.ok(at !== undefined);
  const one = { dns, at, ended, stop: () => (stop.abort(), ended) };
  started.push(one);
  return one;
}

let plain: Started;
before(async () => {
  plain = await start();
});
after(() => Promise.all(started.map((one) => one.stop().catch(() => undefined))));

/** The first datagram that comes back. */
function askRaw(
  at: SocketAddress,
  packet: Uint8Array,
  waitMs = 60_000,
): Promise<Uint8Array | undefined> {
  const socket = createSocket('udp4');
  return new Promise<Uint8Array | undefined>((resolve, reject) => {
    setTimeout(() => resolve(undefined), waitMs).unref();
    socket.on('message', resolve);
    socket.on('error', reject);
    socket.send(packet, at.port, at.host);
  }).finally(() => socket.close());
}

type Read = DecodedPacket & { readonly rcode?: string };

async function ask(
  at: SocketAddress,
  name: string,
  type: TypeName,
  asked: Asked = {},
): Promise<Read> {
  const reply = await askRaw(at, queryPacket(name, type, asked));
  assert.ok(reply !== undefined, 'no answer');
  return decode(Buffer.from(reply));
}

/** Sends a stream in pieces, and reads so many messages. */
function askTcp(at: SocketAddress, pieces: readonly Uint8Array[], count: number): Promise<Read[]> {
  const socket = connect(at.port, at.host);
  let rest = Buffer.alloc(0);
  const read: Read[] = [];
  return new Promise<Read[]>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => resolve(read));
    socket.on('data', (piece) => {
      rest = Buffer.concat([rest, piece]);
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const end = 2 + rest.readUInt16BE(0);
        read.push(decode(rest.subarray(2, end)));
        rest = rest.subarray(end);
      }
      if (read.length >= count) socket.destroy();
    });
    const send = async (): Promise<void> => {
      for (const piece of pieces) {
        socket.write(piece);
        await new Promise(setImmediate);
      }
    };
    send().catch(reject);
  });
}

function framed(...packets: Uint8Array[]): Buffer {
  return Buffer.concat(
    packets.map((packet) => Buffer.concat([Buffer.of(packet.length >>> 8, packet.length), packet])),
  );
}

const dataOf = (answer: Answer): unknown => (answer as { data: unknown }).data;

test('a question over UDP is answered with three records, no word of the others', async () => {
  const read = await ask(plain.at, 'web.service.consul', 'A');
  assert.deepEqual(
    [read.answers?.length, read.flag_tc, read.flag_aa, read.flag_ra],
    [3, false, true, false],
  );
});

test('with extensions, as many records come as the asker takes', async () => {
  const some = await ask(plain.at, 'web.service.consul', 'SRV', { udpBytes: 1232 });
  assert.ok((some.answers?.length ?? 0) > 10, String(some.answers?.length));
  assert.equal(some.additionals?.length, (some.answers?.length ?? 0) + 1);
  const all = await ask(plain.at, 'web.service.consul', 'A', { udpBytes: 4096 });
  assert.equal(all.answers?.length, 50);
});

test('over TCP all records come', async () => {
  const [read] = await askTcp(plain.at, [framed(queryPacket('web.service.consul', 'SRV'))], 1);
  assert.equal(read?.answers?.length, 50);
  assert.equal(read.additionals?.length, 50);
});

test('a connection carries many questions, however its bytes are cut', async () => {
  const ids = Array.from({ length: 200 }, (_, i) => i);
  const stream = framed(...ids.map((id) => queryPacket('n1.node.consul', 'A', { id })));
  const pieces = Array.from({ length: Math.ceil(stream.length / 777) }, (_, i) =>
    stream.subarray(i * 777, (i + 1) * 777),
  );
  const read = await askTcp(plain.at, pieces, ids.length);
  assert.deepEqual(
    read.map(({ id }) => id),
    ids,
  );
});

test('a peer that ends its side is answered before the connection ends', async () => {
  const socket = connect({ ...plain.at, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  const ended = new Promise((resolve) => socket.once('end', resolve));
  socket.end(framed(queryPacket('n1.node.consul', 'A')));
  await ended;
  socket.destroy();
  assert.equal(decode(Buffer.concat(chunks).subarray(2)).answers?.length, 1);
});

test('Q1: garbage over UDP and TCP stops nothing', async () => {
  const random = seeded('garbage');
  const noise = (length: number): Uint8Array =>
    Uint8Array.from({ length }, () => Math.floor(random.next() * 256));
  const socket = createSocket('udp4');
  for (let i = 0; i < 500; i++) {
    const packet = i % 2 === 0 ? noise(i % 97) : queryPacket('web.service.consul', 'SRV');
    packet[Math.floor(random.next() * packet.length)] = Math.floor(random.next() * 256);
    socket.send(packet, plain.at.port, host);
  }
  const stream = connect(plain.at);
  stream.on('error', () => undefined);
  stream.end(noise(70_000));
  stream.resume();
  await new Promise((resolve) => stream.once('close', resolve));
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  assert.equal((await ask(plain.at, 'n1.node.consul', 'A')).answers?.length, 1);
});

test('what is no question gets a code, an answer gets none', async () => {
  const malformed = queryPacket('n1.node.consul', 'A').subarray(0, 14);
  const reply = await askRaw(plain.at, malformed);
  assert.equal((decode(Buffer.from(reply ?? [])) as Read).rcode, 'FORMERR');
  const answer = encode({ type: 'response', id: 1, questions: [{ type: 'A', name: 'x' }] });
  assert.equal(await askRaw(plain.at, answer, 100), undefined);
});

test('names of others are refused where there is no recursor', async () => {
  assert.equal((await ask(plain.at, 'www.example.com', 'A')).rcode, 'REFUSED');
});

test('truncation is told where that is set', async () => {
  const { dns, at } = await start({ enableTruncate: true, udpAnswerLimit: 5 });
  const read = await ask(at, 'web.service.consul', 'A');
  assert.deepEqual([read.answers?.length, read.flag_tc], [5, true]);
  dns.configure({ ...DEFAULT_DNS_SETTINGS, domain: 'example' });
  assert.equal((await ask(at, 'web.service.example', 'A')).answers?.length, 3);
  assert.equal((await ask(at, 'web.service.consul', 'A')).rcode, 'REFUSED');
});

/** A recursor: answers as told, over UDP; undefined: not at all. */
async function recursor(
  reply: (query: DecodedPacket) => Buffer | undefined,
): Promise<{ readonly address: string; readonly asked: string[]; close(): Promise<void> }> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (message, from) => {
    const query = decode(message);
    asked.push(query.questions?.[0]?.name ?? '');
    const packet = reply(query);
    if (packet !== undefined) socket.send(packet, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, host, () => resolve()));
  const close = (): Promise<void> => new Promise((resolve) => socket.close(() => resolve()));
  return { address: `${host}:${socket.address().port}`, asked, close };
}

function answered({ id, questions }: DecodedPacket, answers: Answer[], rcode = 0): Buffer {
  const flags = 0x180 | rcode;
  return encode({ type: 'response', id: id ?? 0, flags, questions: questions ?? [], answers });
}

test('a recursor is asked for names of others; one that fails or is silent is passed over', async () => {
  const silent = await recursor(() => undefined);
  const failing = await recursor((query) => answered(query, [], 2));
  const knowing = await recursor((query) =>
    answered(query, [{ type: 'A', name: 'www.example.com', ttl: 9, data: '192.0.2.1' }]),
  );
  const all = [silent, failing, knowing];
  const recursors = all.map(({ address }) => address);
  const { at } = await start({ recursors, recursorTimeoutMs: 100 });
  const read = await ask(at, 'www.example.com', 'A', { id: 77 });
  assert.equal(read.id, 77);
  assert.deepEqual(read.answers?.map(dataOf), ['192.0.2.1']);
  assert.deepEqual(
    all.map(({ asked }) => asked.length),
    [1, 1, 1],
  );
  assert.ok(
    notes.some((line) => line.includes(`${silent.address.split(':')[1] ?? ''} does not answer`)),
  );
  assert.equal((await ask(at, 'n1.node.consul', 'A')).flag_ra, true);
  assert.deepEqual(
    all.map(({ asked }) => asked.length),
    [1, 1, 1],
  );
  await Promise.all(all.map((one) => one.close()));
});

test('all recursors silent is a failure of the server', async () => {
  const silent = await recursor(() => undefined);
  const { at } = await start({ recursors: [silent.address], recursorTimeoutMs: 50 });
  const read = await ask(at, 'www.example.com', 'A', { udpBytes: 1232 });
  assert.deepEqual([read.rcode, read.flag_ra, read.additionals?.length], ['SERVFAIL', true, 1]);
  await silent.close();
});

test('an answer to another question, or with another id, is not heard', async () => {
  const lying = await recursor((query) => {
    const other = { ...query, questions: [{ type: 'A' as const, name: 'other.example' }] };
    return answered(other, []);
  });
  const guessing = await recursor((query) =>
    answered({ ...query, id: ((query.id ?? 0) + 1) & 0xffff }, []),
  );
  const recursors = [lying.address, guessing.address];
  const { at } = await start({ recursors, recursorTimeoutMs: 50 });
  assert.equal((await ask(at, 'www.example.com', 'A')).rcode, 'SERVFAIL');
  await Promise.all([lying.close(), guessing.close()]);
});

test('the host name of a service is resolved by a recursor', async () => {
  const knowing = await recursor((query) =>
    answered(query, [
      { type: 'CNAME', name: 'www.example.com', ttl: 9, data: 'w.example.net' },
      { type: 'A', name: 'w.example.net', ttl: 9, data: '192.0.2.1' },
    ]),
  );
  const { at } = await start({ recursors: [knowing.address], serviceTtlMs: { '*': 3_000 } });
  const read = await ask(at, 'external.service.consul', 'A');
  assert.deepEqual(
    read.answers?.map((answer) => [answer.name, dataOf(answer), (answer as { ttl: number }).ttl]),
    [
      ['external.service.consul', 'www.example.com', 3],
      ['www.example.com', 'w.example.net', 3],
      ['w.example.net', '192.0.2.1', 3],
    ],
  );
  const srv = await ask(at, 'external.service.consul', 'SRV');
  assert.deepEqual(srv.additionals?.map(dataOf), ['w.example.net', '192.0.2.1']);
  await knowing.close();
});

test('questions over TCP go to recursors over TCP', async () => {
  const server = createServer((socket) => {
    socket.on('data', (bytes) => {
      const query = decode(bytes.subarray(2));
      socket.write(
        streamEncode({
          type: 'response',
          id: query.id ?? 0,
          questions: query.questions ?? [],
          answers: [{ type: 'A', name: 'www.example.com', ttl: 9, data: '192.0.2.7' }],
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as { port: number };
  const { at } = await start({ recursors: [`${host}:${port}`] });
  const [read] = await askTcp(at, [framed(queryPacket('www.example.com', 'A'))], 1);
  assert.deepEqual(read?.answers?.map(dataOf), ['192.0.2.7']);
  await new Promise((resolve) => server.close(resolve));
});

test('an answer of a recursor that is longer than the asker takes is cut', async () => {
  const wordy = await recursor((query) =>
    answered(
      query,
      Array.from({ length: 60 }, (_, i) => ({
        type: 'A' as const,
        name: 'www.example.com',
        ttl: 1,
        data: `192.0.2.${i}`,
      })),
    ),
  );
  const { at } = await start({ recursors: [wordy.address] });
  const read = await ask(at, 'www.example.com', 'A');
  assert.deepEqual([read.flag_tc, read.answers?.length], [true, 0]);
  await wordy.close();
});

test('a taken address is told', async () => {
  const second = new Dns(
    { settings: DEFAULT_DNS_SETTINGS, listen: [plain.at] },
    { directory, sockets: systemDnsSockets, clock: systemClock, random: seeded('x'), note: notify },
  );
  await assert.rejects(second.run(new AbortController().signal), (error) => {
    assert.ok(error instanceof Failure && error.fault === 'conflict');
    assert.match(error.message, new RegExp(`127.0.0.1:${plain.at.port}`));
    return true;
  });
});

test('Q1: a failure of the directory costs one answer, a bug ends the role', async () => {
  let error: Error = new Failure('unavailable', 'not now');
  const failing: Directory = {
    ...directory,
    node: () => {
      throw error;
    },
  };
  const { at, ended } = await start({}, { directory: failing });
  assert.equal((await ask(at, 'n1.node.consul', 'A')).rcode, 'SERVFAIL');
  assert.equal((await ask(at, 'web.service.consul', 'A')).rcode, 'NOERROR');
  error = new Bug('broken');
  await askRaw(at, queryPacket('n1.node.consul', 'A'), 1_000);
  await assert.rejects(ended, error);
});

test('when it ends, nothing is left open', async () => {
  const one = await start();
  const socket = connect(one.at);
  await new Promise((resolve) => socket.once('connect', resolve));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined);
  await one.stop();
  await closed;
  assert.deepEqual(one.dns.listening, []);
  const again = await systemDnsSockets.listen(one.at, () => undefined);
  await again.close();
});
