/** What a call between two agents costs, both sides together, in processor time. */
import { setMaxListeners } from 'node:events';
import { seeded } from '../src/base/random.ts';
import type { AgentFacts } from '../src/core/link/hello.ts';
import { systemClock } from '../src/io/clock.ts';
import { linkKey } from '../src/io/link/key.ts';
import { systemLinkSockets } from '../src/io/link/sockets.ts';
import { LinkServer } from '../src/link/link-server.ts';
import { ServerPool } from '../src/link/server-pool.ts';
import { measure, report } from './harness.ts';

const CALLS = 5_000;
const IN_FLIGHT = 64;
const stop = new AbortController();

function facts(name: string, role: AgentFacts['role']): AgentFacts {
  return {
    ...{ protocol: 1, protocolMin: 1, version: '0.1.0', role, region: 'global' },
    ...{ datacenter: 'dc1', name, instance: name, address: '' },
  };
}

let tell: (port: number) => void;
const port = new Promise<number>((resolve) => (tell = resolve));
const shared = { clock: systemClock, key: linkKey('key'), note: (): void => undefined };
const server = new LinkServer(
  { host: '127.0.0.1', port: 0 },
  {
    ...{ ...shared, facts: facts('s1', 'server') },
    answersFor: () => ({
      beat: () => Promise.resolve({ index: 7, ttlMs: 10_000, servers: ['s1'] }),
    }),
    sockets: {
      ...systemLinkSockets,
      listen: async (at, accept) => {
        const listener = await systemLinkSockets.listen(at, accept);
        tell(listener.port);
        return listener;
      },
    },
  },
);
const serving = server.run(stop.signal);
const address = `127.0.0.1:${await port}`;
const pool = new ServerPool(
  { port: 0 },
  {
    ...{ ...shared, facts: facts('c1', 'client'), random: seeded('bench') },
    ...{ sockets: systemLinkSockets, answersFor: () => ({}) },
    find: () => Promise.resolve([address]),
  },
);
const dialling = pool.run(stop.signal);
const { signal } = new AbortController();
setMaxListeners(0, signal);
const question = { nodeId: '2f6a1a4e-8a3f-4a7e-9c60-0f0b2a3f4c5d', secretId: 'a secret' };

async function caller(calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) {
    await pool.call('beat', question, { signal, deadlineMs: 10_000 });
  }
}

const micros = await measure(async () => {
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: IN_FLIGHT }, () => caller(CALLS / IN_FLIGHT)));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CALLS;
});
report({ name: 'link.call.cpu', value: micros.median, unit: 'us', better: 'lower' });
stop.abort();
await Promise.all([serving, dialling]);
