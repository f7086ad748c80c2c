/** One round: work goes on while faults come and are mended; then everything is judged. */
import { setTimeout as delay } from 'node:timers/promises';
import { Callers } from '../history/callers.ts';
import { contested } from '../history/holders.ts';
import { KV_MODEL } from '../history/kv-model.ts';
import { isLinearizable } from '../history/linearizable.ts';
import type { Machine } from '../machines.ts';
import type { Cluster } from './cluster.ts';
import { carryOut } from './faults.ts';
import type { Round } from './schedule.ts';
import type { Work } from './work.ts';
import { Watching, Writer } from './writes.ts';

/** After the last fault everything is as it should be within this [ms]; on a busy machine, too. */
const SETTLE_MS_MAX = 90_000;
const CALLERS = 5;
const HOLDERS = 2;
/** Operations of one caller on a key: a judge's work grows with a power of them. */
const OPERATIONS = 25;

/** What was seen of one round. */
export interface Told {
  readonly operations: number;
  readonly holdings: number;
  readonly wakes: number;
  readonly acknowledged: number;
  /** New versions, and pieces of batch work, that were judged. */
  readonly rollouts: number;
  readonly pieces: number;
  /** The longest time without an acknowledged write [ms]. */
  readonly pauseMs: number;
  /** From the last mend until everything was as it should be [ms]. */
  readonly settledMs: number;
  readonly isSettled: boolean;
  /** What was judged, and what was wrong with it: nothing, if it is empty. */
  readonly verdicts: readonly (readonly [what: string, wrong: readonly string[]])[];
}

export async function play(round: Round, cluster: Cluster, work: Work): Promise<Told> {
  const { all, servers } = cluster;
  const prefix = `r${round.number}`;
  const any = (): string => `http://${one(all).address}:8500`;
  const keyOf = (nth: number, caller: number): string =>
    `${prefix}/h/${Math.floor(nth / OPERATIONS)}/${(nth + caller) % 2}`;
  const callers = new Callers(any, keyOf, 20);
  const writer = new Writer(`${prefix}/w`, servers);
  const watching = new Watching(`${prefix}/watched`, all);
  await watching.begin();
  const calling = [
    writer.run(),
    ...Array.from({ length: CALLERS }, (_, n) => callers.call(n)),
    ...Array.from({ length: HOLDERS }, (_, n) => callers.hold(n)),
  ];
  await Promise.all([work.begin(round), ...round.faults.map((fault) => carryOut(cluster, fault))]);
  const ended = [...restarted(all)];
  const mendedAt = Date.now();
  await work.rest();
  const unsettled = await settled(cluster, work, ended);
  const settledMs = Date.now() - mendedAt;
  callers.stop();
  writer.stop();
  const missed = await watching.end(SETTLE_MS_MAX);
  await Promise.all(calling);
  const verdicts = await work.end(round, one(servers));
  const worked = await Promise.all(
    verdicts.map(async ([what, wrong]) => [what, await tried(wrong)] as const),
  );
  return {
    operations: callers.progress(),
    holdings: callers.holdings.length,
    ...{ wakes: watching.wakes, acknowledged: writer.acknowledged.length },
    ...{ rollouts: round.rollout === undefined ? 0 : 1, pieces: work.pieces },
    ...{ pauseMs: writer.pauseMs, settledMs, isSettled: unsettled.length === 0 },
    verdicts: [
      ['no agent ended by itself', ended],
      ['everything is as it should be after the last fault', unsettled],
      ['one copy of the data explains what callers saw', unexplained(callers)],
      ['no lock has two holders, and tokens rise', contested(callers.holdings)],
      ['watches are exact', missed],
      ['no acknowledged write is lost', await tried(() => writer.lost(one(servers)))],
      ['servers at one index have one state', await tried(() => differing(servers))],
      ...worked,
      ['nodes that are closed get no work', await tried(() => trespasses(cluster))],
      ['every row of every server is sound', await tried(() => unsound(servers))],
    ],
  };
}

function trespasses({ closures, servers }: Cluster): Promise<readonly string[]> {
  return closures.trespasses(one(servers));
}

function one(machines: readonly Machine[]): Machine {
  const machine = machines[Math.floor(Math.random() * machines.length)];
  if (machine === undefined) throw new Error('there are machines');
  return machine;
}

function unexplained({ observed }: Callers): readonly string[] {
  return [...observed].flatMap(([key, history]) => {
    try {
      return isLinearizable(history, KV_MODEL) ? [] : [`${key}: ${JSON.stringify(history)}`];
    } catch (error) {
      return [`${key}: ${String(error)}`];
    }
  });
}

/** Starts those again that ended by themselves: what comes next is worth a look, too. */
function restarted(machines: readonly Machine[]): readonly string[] {
  const ended = machines.filter(({ isUp }) => !isUp);
  for (const machine of ended) machine.start();
  return ended.map(({ name, output }) => `${name}: ${output.slice(-300)}`);
}

/**
 * Waits until all servers lead or follow, all nodes are ready and the job has its count.
 * @param ended takes what agents said that ended by themselves
 */
async function settled(cluster: Cluster, work: Work, ended: string[]): Promise<readonly string[]> {
  const { machines, servers, clients } = cluster;
  const holds = async (): Promise<boolean> => {
    ended.push(...restarted(cluster.all));
    const leaders = new Set<string>();
    for (const server of servers) {
      leaders.add(await (await server.ask('/v1/status/leader', { port: 8500 })).text());
      const nodes = (await server.json('/v1/nodes')) as readonly { Status: string }[];
      const ready = nodes.filter(({ Status }) => Status === 'ready').length;
      if (ready !== clients.length) throw new Error(`${ready} nodes are ready for ${server.name}`);
    }
    const told = [...leaders].join();
    if (leaders.size !== 1 || !told.includes(':')) throw new Error(`leaders: ${told}`);
    await work.check(one(servers));
    return true;
  };
  return tried(async () => {
    await machines.until('the cluster settles', holds, SETTLE_MS_MAX);
    return [];
  });
}

/** Those whose states differ at the same index; it waits for an instant at which all are there. */
async function differing(servers: readonly Machine[]): Promise<readonly string[]> {
  const until = Date.now() + SETTLE_MS_MAX;
  for (;;) {
    const told = await Promise.all(servers.map(stateOf));
    if (new Set(told.map(({ index }) => index)).size === 1) {
      const hashes = new Set(told.map(({ hash }) => hash));
      return hashes.size === 1 ? [] : [told.map(({ hash }) => hash).join(' ')];
    }
    if (Date.now() > until) return [`indexes ${told.map(({ index }) => index).join(' ')}`];
    await delay(20);
  }
}

async function stateOf(server: Machine): Promise<{ index: string; hash: string }> {
  const self = (await server.json('/v1/agent/self', { port: 8500 })) as {
    readonly Stats: { readonly raft: { applied_index: string; state_hash: string } };
  };
  const { applied_index: index, state_hash: hash } = self.Stats.raft;
  return { index, hash };
}

async function unsound(servers: readonly Machine[]): Promise<readonly string[]> {
  const notes = await Promise.all(
    servers.map(async (server) => {
      const found = (await server.json('/v1/operator/lint?stale')) as readonly object[];
      return found.map((note) => `${server.name}: ${JSON.stringify(note)}`);
    }),
  );
  return notes.flat();
}

/** What it answers, or, in one line, why it cannot. */
async function tried(work: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error)) return [String(error)];
    const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
    return [`${error.message}${cause}`];
  }
}
