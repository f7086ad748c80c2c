/**
 * Runs in namespaces of its own: does away with the leader of three servers ten times in each of
 * several ways, while writers go on at every server, and tells the longest time in which no write
 * of any of them was acknowledged.
 *
 * F1: between two losses all is whole again: one leader, three members of etcd that vote.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Cluster } from '../test/campaign/cluster.ts';
import type { Machine } from '../test/machines.ts';
import { percentile, report } from './harness.ts';

const TIMES = Number(process.env['BENCH_FAILOVER_TIMES'] ?? 10);
/** A write is given up after this [ms]: only those of a server that is out of reach last as long. */
const WRITE_MS_MAX = 10_000;
/** Between two writes of one writer [ms]: what is measured is no finer than this. */
const WRITE_EVERY_MS = 5;
/** The leader stays away until writes have gone on for so long [ms]. */
const AWAY_MS = 1_000;

type Loss = (leader: Machine) => () => Promise<void> | void;

const LOSSES: Readonly<Record<string, Loss>> = {
  kill: (leader) => {
    const ended = leader.end('SIGKILL');
    return async () => {
      await ended;
      leader.start();
    };
  },
  stop: (leader) => {
    leader.signal('SIGSTOP');
    return () => leader.signal('SIGCONT');
  },
  hang: (leader) => {
    const pids = leader.pids();
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    return () => pids.forEach((pid) => process.kill(pid, 'SIGCONT'));
  },
  cut: (leader) => {
    leader.cut();
    return () => leader.mend();
  },
};

/** Writes at one server until it is over; tells when each write was acknowledged. */
async function write(server: Machine, acknowledged: (at: number) => void): Promise<void> {
  for (let n = 0; !isOver; n++) {
    try {
      const signal = AbortSignal.timeout(WRITE_MS_MAX);
      const path = `/v1/kv/${server.name}/${n % 100}`;
      const init = { port: 8500, method: 'PUT', body: String(n), signal };
      if ((await server.ask(path, init)).ok) acknowledged(performance.now());
    } catch {
      // It is away.
    }
    await delay(WRITE_EVERY_MS);
  }
}

async function isWhole({ servers }: Cluster): Promise<boolean> {
  const leaders = new Set<string>();
  for (const server of servers) {
    const signal = AbortSignal.timeout(2_000);
    const etcd = await server.ask('/health', { port: 2379, signal });
    if (!(await etcd.text()).includes('true')) return false;
    leaders.add(await (await server.ask('/v1/status/leader', { port: 8500, signal })).text());
  }
  return leaders.size === 1 && [...leaders].join().includes(':');
}

await using cluster = await Cluster.start(process.argv[2] ?? '', {
  clients: 0,
  canBeMeddledWith: false,
});
const { machines, servers } = cluster;
let isOver = false;
let lastAt = performance.now();
let pauseMs = 0;
const acknowledged = (at: number): void => {
  pauseMs = Math.max(pauseMs, at - lastAt);
  lastAt = at;
};
await machines.until('three servers lead and follow', () => isWhole(cluster));
const writing = Promise.all(servers.map((server) => write(server, acknowledged)));

for (const [name, lose] of Object.entries(LOSSES)) {
  const pauses: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    await machines.until('all is whole', () => isWhole(cluster));
    await delay(AWAY_MS);
    const leader = await cluster.leader();
    if (leader === undefined) throw new Error('nobody leads');
    pauseMs = 0;
    const lostAt = performance.now();
    const mend = lose(leader);
    await machines.until('writes go on', async () => {
      await delay(AWAY_MS);
      return lastAt > lostAt + AWAY_MS && performance.now() - lastAt < AWAY_MS / 2;
    });
    pauses.push(pauseMs);
    await mend();
  }
  console.log(`${name}: ${pauses.map((ms) => ms.toFixed(0)).join(' ')} ms`);
  const value = percentile(pauses, 0.5);
  report({ name: `failover.${name}`, value, unit: 'ms', better: 'lower' });
}
isOver = true;
await writing;
