/** The DNS role on real sockets, with a directory of a few services. */
import { seeded } from '../../src/base/random.ts';
import { directoryNode, directoryOf, instance } from '../../src/core/dns/directory.fixture.ts';
import {
  DEFAULT_DNS_SETTINGS,
  type DnsSettings,
  type SocketAddress,
} from '../../src/core/dns/settings.ts';
import { Dns } from '../../src/dns/dns.ts';
import { systemClock } from '../../src/io/clock.ts';
import { systemDnsSockets } from '../../src/io/dns/sockets.ts';
import { until } from './keeper-stand.ts';

const n1 = directoryNode('n1', '127.0.0.1', { meta: { rack: 'r 1' } });
const n2 = directoryNode('n2', '127.0.0.2');
const n6 = directoryNode('n6', '2001:db8::6');
const directory = directoryOf({
  nodes: [n1, n2, n6],
  servers: [n1],
  services: {
    web: [
      instance(n1, { port: 7001, tags: ['v1'] }),
      instance(n1, { port: 7002, tags: ['v2'] }),
      instance(n2, { port: 7003, tags: ['v3'], address: '127.0.0.3' }),
      instance(n2, { port: 7004, tags: ['v3'], status: 'critical' }),
    ],
    many: Array.from({ length: 500 }, (_, i) =>
      instance(directoryNode(`m${i}`, `10.0.${i >> 8}.${i & 255}`), { port: 1_000 + i }),
    ),
    boxed: [instance(n1, { port: 7002, address: '172.31.9.1', tags: ['v1'] })],
    six: [instance(n6, { port: 6 })],
    external: [instance(directoryNode('x', 'n2.node.consul'), { port: 9 })],
  },
});

export interface DnsStand {
  readonly listening: readonly SocketAddress[];
  stop(): Promise<void>;
}

export async function startDns(
  listen: readonly SocketAddress[],
  settings: Partial<DnsSettings> = {},
): Promise<DnsStand> {
  const dns = new Dns(
    { settings: { ...DEFAULT_DNS_SETTINGS, ...settings }, listen },
    {
      directory,
      sockets: systemDnsSockets,
      clock: systemClock,
      random: seeded('e2e'),
      note: () => undefined,
    },
  );
  const stop = new AbortController();
  const running = dns.run(stop.signal);
  await Promise.race([running, until('it listens', () => dns.listening.length === listen.length)]);
  return { listening: dns.listening, stop: () => (stop.abort(), running) };
}
