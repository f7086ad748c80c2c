/**
 * Questions answered in a second over UDP: the A and SRV records of a service with 50 instances,
 * by the DNS role on real sockets, its one process and the client's on the same machine.
 */
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { seeded } from '../src/base/random.ts';
import { directoryNode, directoryOf, instance } from '../src/core/dns/directory.fixture.ts';
import { queryPacket, type TypeName } from '../src/core/dns/query.fixture.ts';
import { DEFAULT_DNS_SETTINGS } from '../src/core/dns/settings.ts';
import { Dns } from '../src/dns/dns.ts';
import { systemClock } from '../src/io/clock.ts';
import { systemDnsSockets } from '../src/io/dns/sockets.ts';
import { measure, report } from './harness.ts';

const INSTANCES = 50;
const QUESTIONS = 40_000;
/** Questions on their way at once: as many as two busy resolvers have. */
const WINDOW = 64;
const host = '127.0.0.1';

if (process.send === undefined) await client();
else await server();

async function server(): Promise<void> {
  const nodes = Array.from({ length: INSTANCES }, (_, i) => directoryNode(`n${i}`, `10.0.0.${i}`));
  const directory = directoryOf({
    nodes,
    services: { web: nodes.map((node, i) => instance(node, { port: 20_000 + i })) },
  });
  const dns = new Dns(
    { settings: DEFAULT_DNS_SETTINGS, listen: [{ host, port: 0 }] },
    {
      directory,
      sockets: systemDnsSockets,
      clock: systemClock,
      random: seeded('bench'),
      note: () => process.send?.(dns.listening),
    },
  );
  const stop = new AbortController();
  process.once('disconnect', () => stop.abort());
  await dns.run(stop.signal);
}

async function client(): Promise<void> {
  const child = fork(import.meta.filename, { execArgv: ['--import', 'tsx'] });
  const [[{ port }]] = (await once(child, 'message')) as [[{ port: number }]];
  for (const type of ['A', 'SRV'] as const) {
    const rate = await measure(() => questionsPerSecond(port, type));
    const name = `dns.udp.${type.toLowerCase()}`;
    report({ name, value: rate.median, unit: 'answers/s', better: 'higher' });
  }
  child.disconnect();
  await once(child, 'exit');
}

/** Keeps `WINDOW` questions on their way until all are answered; a lost one would end in silence. */
async function questionsPerSecond(port: number, type: TypeName): Promise<number> {
  const packet = queryPacket('web.service.consul', type);
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.connect(port, host, () => resolve()));
  const began = performance.now();
  let sent = 0;
  let answered = 0;
  const send = (): void => {
    sent += 1;
    socket.send(packet);
  };
  await new Promise<void>((resolve, reject) => {
    const lost = setTimeout(() => reject(new Error(`${answered} of ${sent} answered`)), 30_000);
    socket.on('message', (reply) => {
      answered += 1;
      // Three answers, no error: what is counted is worth counting.
      if (reply[7] !== 3 || (reply[3] ?? 0) !== 0) reject(new Error('a wrong answer'));
      if (sent < QUESTIONS) send();
      if (answered < QUESTIONS) return;
      clearTimeout(lost);
      resolve();
    });
    for (let i = 0; i < WINDOW; i++) send();
  });
  const seconds = (performance.now() - began) / 1_000;
  socket.close();
  return QUESTIONS / seconds;
}
