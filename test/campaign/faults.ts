/** Carries faults out, and mends them. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Machine } from '../machines.ts';
import type { Cluster } from './cluster.ts';
import type { Fault, FaultKind } from './schedule.ts';
import { Bulk } from './writes.ts';

/** Does the damage; resolves with what mends it. */
type Damage = (cluster: Cluster, victim: Machine, fault: Fault) => Mend;
type Mend = () => Promise<void> | void;

const LOSS = { least: 0.02, most: 0.3 };
const SLOW_MS = { least: 5, most: 200 };
/** What a full disk has left [bytes]. */
const LEFT_BYTES_MAX = 4 * 1024 * 1024;
/** What fills etcd's store beyond its quota within a second or a few (`Cluster`). */
const STORE_VALUE_BYTES = 500_000;
const STORE_WRITERS = 6;
/** Of a slow disk: each write that waits for it takes a tenth of a second, or a fraction. */
const WRITES_PER_SECOND = { least: 5, most: 50 };
/** How far clocks are set, ahead or back [ms]. */
const CLOCK_MS_MAX = 15 * 60_000;

/** Begins the fault when its time has come, and resolves once it is mended. */
export async function carryOut(cluster: Cluster, fault: Fault): Promise<void> {
  await delay(fault.afterMs);
  const mend = DAMAGES[fault.kind](cluster, await victimOf(cluster, fault), fault);
  await delay(fault.forMs);
  await mend();
}

const DAMAGES: Readonly<Record<FaultKind, Damage>> = {
  kill: killed,
  restart: (_, victim) => {
    const ended = victim.end('SIGTERM');
    return async () => {
      await ended;
      startIfDown(victim);
    };
  },
  pause: paused,
  hang: (_, victim) => {
    const pids = [victim.pid, ...etcdOf(victim)];
    for (const pid of pids) signalQuietly(pid, 'SIGSTOP');
    return () => pids.forEach((pid) => signalQuietly(pid, 'SIGCONT'));
  },
  'kill etcd': (_, victim) => {
    for (const pid of etcdOf(victim)) signalQuietly(pid, 'SIGKILL');
    return () => undefined;
  },
  'pause etcd': (_, victim) => {
    const pids = etcdOf(victim);
    for (const pid of pids) signalQuietly(pid, 'SIGSTOP');
    return () => pids.forEach((pid) => signalQuietly(pid, 'SIGCONT'));
  },
  cut,
  deaf: ({ servers }, victim) => {
    const others = servers.filter((each) => each !== victim);
    for (const other of others) victim.deafTo(other);
    return () => victim.hearAll();
  },
  apart: ({ servers }, victim) => {
    const other = servers[(servers.indexOf(victim) + 1) % servers.length] ?? victim;
    victim.deafTo(other);
    other.deafTo(victim);
    return () => {
      victim.hearAll();
      other.hearAll();
    };
  },
  lossy: (_, victim, { degree }) => {
    victim.lossy(LOSS.least + degree * (LOSS.most - LOSS.least));
    return () => victim.hearAll();
  },
  slow: (cluster, victim, { degree }) => {
    cluster.slow(victim, Math.round(SLOW_MS.least + degree * (SLOW_MS.most - SLOW_MS.least)));
    return () => cluster.slow(victim, 0);
  },
  'kill all': ({ servers }) => {
    const ended = Promise.all(servers.map((each) => each.end('SIGKILL')));
    return async () => {
      await ended;
      for (const server of servers) startIfDown(server);
    };
  },
  'kill client': killed,
  'pause client': paused,
  'cut client': cut,
  'deaf client': ({ servers }, victim) => {
    for (const server of servers) victim.deafTo(server);
    return () => victim.hearAll();
  },
  'full disk': (cluster, victim, { degree }) => {
    return filled(cluster, [victim], degree);
  },
  'full disks': (cluster, _, { degree }) => filled(cluster, cluster.servers, degree),
  'full store': ({ servers }) => {
    const bulk = new Bulk(servers, STORE_VALUE_BYTES, STORE_WRITERS);
    return () => bulk.stop();
  },
  'slow disk': (cluster, victim, { degree }) => {
    const { least, most } = WRITES_PER_SECOND;
    const disk = cluster.diskOf(victim);
    disk.slow(Math.round(most - degree * (most - least)), victim.pids());
    return () => disk.fast();
  },
  clock: clockSet,
  'clock client': clockSet,
  'drain client': ({ closures }, victim) => closed(closures.close(victim, true)),
  'close client': ({ closures }, victim) => closed(closures.close(victim, false)),
  'end machine': (_, victim) => {
    const ended = victim.fail();
    return async () => {
      await ended;
      startIfDown(victim);
    };
  },
};

/** While disks are full, somebody writes more than fits into what is left. */
function filled(cluster: Cluster, victims: readonly Machine[], degree: number): Mend {
  for (const victim of victims) cluster.diskOf(victim).fill(Math.round(degree * LEFT_BYTES_MAX));
  const bulk = new Bulk(cluster.servers, 200_000, 1);
  return async () => {
    await bulk.stop();
    for (const victim of victims) cluster.diskOf(victim).free();
  };
}

function clockSet(cluster: Cluster, victim: Machine, { degree }: Fault): Mend {
  const clock = cluster.clockOf(victim);
  clock.set((2 * degree - 1) * CLOCK_MS_MAX);
  return () => clock.set(0);
}

function closed(closing: Promise<Mend>): Mend {
  // Should it fail before the mend asks for it.
  closing.catch(() => undefined);
  return async () => (await closing)();
}

function killed(_: Cluster, victim: Machine): Mend {
  const ended = victim.end('SIGKILL');
  return async () => {
    await ended;
    startIfDown(victim);
  };
}

function paused(_: Cluster, victim: Machine): Mend {
  victim.signal('SIGSTOP');
  return () => victim.signal('SIGCONT');
}

function cut(_: Cluster, victim: Machine): Mend {
  victim.cut();
  return () => victim.mend();
}

/** Whoever is meant: places are counted from the leader, as far as anybody knows one. */
async function victimOf(cluster: Cluster, { kind, place }: Fault): Promise<Machine> {
  const { servers, clients } = cluster;
  const ofClients = kind.includes('client') || kind === 'end machine';
  const leader = ofClients ? undefined : await cluster.leader();
  const from = ofClients ? clients : servers;
  const first = leader === undefined ? 0 : servers.indexOf(leader);
  const victim = from[(first + place) % from.length];
  if (victim === undefined) throw new Error('there are machines');
  return victim;
}

/** Another fault may have started it meanwhile. */
function startIfDown(machine: Machine): void {
  if (!machine.isUp) machine.start();
}

function etcdOf(machine: Machine): readonly number[] {
  return machine.pidsOf('etcd --');
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}
