/**
 * One run of a world: a storm, then calm. In the storm only safety is asked for; after it, that
 * everything comes to its end, and then that nothing moves any more.
 */
import { between } from './chance.ts';
import { checkAll } from './invariants.ts';
import { needPerson, unsettled } from './liveness.ts';
import type { Misfortunes } from './misfortunes.ts';
import type { Seen } from './rollout-invariants.ts';
import { Workload } from './workload.ts';
import type { World } from './world.ts';

export interface Scenario {
  readonly seed: string;
  readonly clients: number;
  readonly jobs: number;
  /** All jobs are of types that roll out. */
  readonly onlyRollouts?: boolean;
  /** How long the storm lasts [ms]. */
  readonly stormMs: number;
  /** Mean time between two deeds of people, and between two misfortunes [ms]. */
  readonly deedMs: number;
  readonly strikeMs: number;
}

export interface Report {
  /** Over all entries: equal where two runs were equal. */
  readonly hash: string;
  readonly entries: number;
  readonly replayed: number;
  readonly simulatedMs: number;
  readonly instants: number;
  /** Mean time between two misfortunes [ms]. */
  readonly strikeMs: number;
  readonly strikes: Readonly<Partial<Record<string, number>>>;
  /** What the rules of rollout-invariants.ts looked at. */
  readonly seen: Seen;
  readonly allocs: number;
  readonly jobs: number;
}

/** A run that broke, with what is needed to see why. */
export class SimulationFailure extends Error {
  override readonly name = 'SimulationFailure';
  /** The whole history, and what the agents said of late. */
  readonly trace: readonly string[];

  constructor(message: string, trace: readonly string[], cause: unknown) {
    super(message, { cause });
    this.trace = trace;
  }
}

/** Longest that a calm cluster may take to settle [ms]: one node may have hours of batch work to do. */
const SETTLE_MS_MAX = 60 * 60_000;
/** How long after the storm one leads, who does as people say, and all others have followed [ms]. */
const ORDER_MS_MAX = 2 * 60_000;
/** How long it is left to itself before people look after what waits for them [ms]. */
const UNAIDED_MS = 2 * 60_000;
/** How long nothing may move afterwards [ms]. */
const QUIET_MS = 3 * 60_000;
const LAST_WORDS_MS = 60_000;
const LOOK_MS = 5_000;

/** Fails: `SimulationFailure`, whose message tells the last entries, lines and how to replay it. */
export async function simulateWorld(
  cluster: World,
  chaos: Misfortunes,
  scenario: Scenario,
): Promise<Report> {
  try {
    await run(cluster, chaos, scenario);
  } catch (error) {
    const trace = [...cluster.history.lines(), ...cluster.lines];
    throw new SimulationFailure(explainFailure(cluster, scenario, error), trace, error);
  } finally {
    cluster.end();
  }
  const { history, loop, server } = cluster;
  const rows = server.state?.counts() ?? {};
  return {
    hash: history.hash(),
    entries: history.length,
    replayed: history.replayed,
    simulatedMs: cluster.elapsedMs,
    instants: loop.instants,
    strikeMs: scenario.strikeMs,
    strikes: chaos.counts,
    seen: cluster.rollouts.seen,
    allocs: rows['allocs'] ?? 0,
    jobs: rows['jobs'] ?? 0,
  };
}

async function run(cluster: World, chaos: Misfortunes, scenario: Scenario): Promise<void> {
  const workload = newWorkload(cluster, scenario);
  start(cluster);
  await cluster.pass(10_000);
  const endAt = cluster.elapsedMs + scenario.stormMs;
  const random = cluster.random.fork('pace');
  repeat(cluster, { endAt, meanMs: scenario.deedMs, random }, () => workload.act());
  repeat(cluster, { endAt, meanMs: scenario.strikeMs, random }, () => chaos.strike());
  repeat(cluster, { endAt: Infinity, meanMs: 1_000, random }, () => checkMachines(cluster));
  await cluster.pass(scenario.stormMs);
  cluster.note('heal');
  chaos.heal();
  await bringOrder(cluster, workload);
  await settle(cluster, workload);
  await beQuiet(cluster);
}

function newWorkload(cluster: World, scenario: Scenario): Workload {
  const { jobs, onlyRollouts = false } = scenario;
  return new Workload(
    { jobs, onlyRollouts },
    {
      random: cluster.random,
      server: () => cluster.reached(),
      note: (line) => cluster.note(line),
      broken: (error) => cluster.fail(error),
    },
  );
}

function start(cluster: World): void {
  const random = cluster.random.fork('start');
  cluster.startServers();
  for (const client of cluster.clients) {
    cluster.later(between(random, 0, 5_000), () => client.start());
  }
}

/** Does something again and again, at times of the seed's. */
function repeat(
  cluster: World,
  pace: { readonly endAt: number; readonly meanMs: number; readonly random: World['random'] },
  act: () => void,
): void {
  const random = pace.random.fork(String(pace.meanMs));
  const next = (): void => {
    cluster.later(between(random, 0, 2 * pace.meanMs), () => {
      if (cluster.elapsedMs >= pace.endAt) return;
      act();
      next();
    });
  };
  next();
}

function checkMachines(cluster: World): void {
  for (const client of cluster.clients) {
    cluster.invariants.checkMachine(client.nodeIdNow, client.tasks.running());
  }
}

/** People end what would go on for ever; again and again, as at first nobody may be there to be asked. */
async function bringOrder(cluster: World, workload: Workload): Promise<void> {
  for (let waitedMs = 0; waitedMs <= ORDER_MS_MAX; waitedMs += LOOK_MS) {
    await cluster.pass(LOOK_MS);
    if (workload.isTidy() && cluster.unsettled().length === 0) return;
    workload.tidy();
  }
  const wrong = cluster.unsettled().join('; ');
  throw new Error(`${ORDER_MS_MAX} ms after the storm nobody does as people say: ${wrong}`);
}

/** V1 to V3 of liveness.ts: first by itself, then with a person's help where one is needed. */
async function settle(cluster: World, workload: Workload): Promise<void> {
  /** When people began to look after a job. */
  const repairedAt = new Map<string, number>();
  const repaired = new Set<string>();
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    await cluster.pass(LOOK_MS);
    const { state } = cluster.server;
    const wrong = [...cluster.unsettled(), ...unsettled(cluster)];
    const waiting = state === undefined ? [] : needPerson(state);
    if (wrong.length === 0 && waiting.length === 0) return;
    // At first without help: nothing must hang that nobody has to do something about.
    for (const job of waitedMs < UNAIDED_MS ? [] : waiting) {
      const version = `${job.id} v${job.version}`;
      const sinceMs = waitedMs - (repairedAt.get(job.id) ?? waitedMs);
      if (!repaired.has(version) && sinceMs <= UNAIDED_MS) workload.repair(job);
      // There is no room for the sound version beside, or instead of, the faulty one.
      else if (sinceMs > UNAIDED_MS) workload.stop(job);
      repaired.add(version);
      repairedAt.set(job.id, waitedMs - sinceMs);
    }
    if (waitedMs > SETTLE_MS_MAX) {
      const persons = waiting.map(({ id }) => `${id} still waits for a person`);
      throw new Error(`it does not settle:\n  ${[...wrong, ...persons].join('\n  ')}`);
    }
  }
}

async function beQuiet(cluster: World): Promise<void> {
  // The last words on what came up last: verdicts on health, events of tasks.
  await cluster.pass(LAST_WORDS_MS);
  const before = cluster.history.length;
  await cluster.pass(QUIET_MS);
  const { state } = cluster.server;
  if (state !== undefined) checkAll(state);
  const wrong = [...cluster.unsettled(), ...unsettled(cluster)];
  if (wrong.length > 0) throw new Error(`it does not stay as it was:\n  ${wrong.join('\n  ')}`);
  const more = cluster.history.length - before;
  if (more > 0) {
    const lines = cluster.history.tail(more).join('\n  ');
    throw new Error(`nothing happens, yet ${more} entries were written:\n  ${lines}`);
  }
}

/** The command that repeats a run. */
export function replayCommand(seed: string): string {
  return `SIM_SEED=${seed} node --import tsx --test test/sim/simulation.test.ts`;
}

function explainFailure(cluster: World, scenario: Scenario, error: unknown): string {
  const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const { clients, jobs } = scenario;
  return [
    `seed "${scenario.seed}" broke after ${cluster.elapsedMs} ms (${clients} clients, ${jobs} jobs)`,
    why,
    'the last entries (index, instant, what):',
    ...cluster.history.tail(25).map((line) => `  ${line}`),
    'the last lines of the agents and of the world (ms, who, what):',
    ...cluster.lines.slice(-25).map((line) => `  ${line}`),
    `replay it: ${replayCommand(scenario.seed)}`,
  ].join('\n');
}
