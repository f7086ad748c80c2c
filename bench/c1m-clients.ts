/**
 * Simulated clients in a process of their own, for `c1m.bench.ts`: each is a node with a connection,
 * heart, blocking query and reporter of its own, the client role's own parts of them. Only the tasks
 * are made up: what is placed on a node runs at once, and its job is not read.
 *
 *     node --import tsx bench/c1m-clients.ts 127.0.0.1:4647 5000 50000
 *
 * Tells its parent `registered` once all nodes are, and `running` once the servers acknowledged that
 * so many allocations run, with what that took.
 */
import { systemClock } from '../src/io/clock.ts';
import { linkKey } from '../src/io/link/key.ts';
import { systemLinkSockets } from '../src/io/link/sockets.ts';
import type { LeanReply } from '../src/link/lean-pull.ts';
import { RemoteServers } from '../src/link/remote-servers.ts';
import { ServerPool } from '../src/link/server-pool.ts';
import { Heart } from '../src/client/heart.ts';
import { Reporter } from '../src/client/reporter.ts';
import type { Index, Millis } from '../src/base/brand.ts';
import { Failure } from '../src/base/failure.ts';
import { seeded, type Random } from '../src/base/random.ts';
import type { TaskEvent } from '../src/core/model/alloc.ts';
import type { AllocId } from '../src/core/model/ids.ts';
import { received, record, started, taskSetup } from '../src/core/runner/events.ts';
import type { AllocUpdate } from '../src/ports/server-link.ts';
import { nodeFacts } from '../test/state-world.ts';

/** What the clients did until all was acknowledged. */
export interface ClientsTold {
  readonly state: 'registered' | 'running';
  /** Answered blocking queries, and allocations in the answers. */
  readonly pulls: number;
  readonly pulled: number;
  /** Questions that failed: on a machine that is too busy, connections pass for dead. */
  readonly failures: number;
  /** Calls that reported something. */
  readonly reports: number;
}

/** As the client role asks [ms]. */
const PULL_MS = 300_000;
const PULL_DEADLINE_MS = 350_000;
const HOLDS = { brief: true, changes: true } as const;
/** Between a question that failed and the next [ms]. */
const RETRY_MS = 500;
/** Nodes that connect and register at once. */
const CONNECTING = 200;

const [address = '', nodeCount = '0', expected = '0'] = process.argv.slice(2);
const random = seeded('c1m');
const counts = { pulls: 0, pulled: 0, failures: 0, reports: 0, running: 0 };

for (let n = 1; n <= Number(nodeCount); n += CONNECTING) {
  const count = Math.min(CONNECTING, Number(nodeCount) - n + 1);
  await Promise.all(Array.from({ length: count }, (_, i) => startNode(n + i)));
}
tell('registered');

function tell(state: ClientsTold['state']): void {
  const { pulls, pulled, failures, reports } = counts;
  process.send?.({ state, pulls, pulled, failures, reports } satisfies ClientsTold);
}

/** Resolves once the node is registered; it lives on. */
async function startNode(n: number): Promise<void> {
  // One for each: Node looks through all listeners of a signal to remove one.
  const { signal } = new AbortController();
  const facts = nodeFacts(n);
  const own = random.fork(facts.name);
  const pool = poolOf(facts.name, own);
  const servers = new RemoteServers(pool, pool);
  const log = (line: string): void => console.error(`${facts.name}: ${line}`);
  const basics = { clock: systemClock, random: own, log };
  const heart = new Heart({ ...basics, servers, node: () => facts, onHeard: () => undefined });
  const reporter = new Reporter({
    ...basics,
    send: async (updates) => {
      await servers.updateAllocs(facts.id, facts.secretId, updates, signal);
      acknowledged(updates);
    },
  });
  const loops = [pool.run(signal), heart.run(signal), reporter.run(signal)];
  await heart.registered(signal);
  loops.push(pullOn(pool, facts, reporter));
  for (const loop of loops) loop.catch(fail);
}

function poolOf(name: string, own: Random): ServerPool {
  return new ServerPool(
    { port: 0 },
    {
      facts: {
        ...{ protocol: 1, protocolMin: 1, version: '0', role: 'client', region: 'global' },
        ...{ datacenter: 'dc1', name, instance: name, address: '' },
      },
      ...{ key: linkKey(''), clock: systemClock, sockets: systemLinkSockets, random: own },
      ...{ answersFor: () => ({}), find: () => Promise.resolve([address]), note: () => undefined },
    },
  );
}

/** Takes over what is placed on the node, as the client role does. */
async function pullOn(
  pool: ServerPool,
  { id: nodeId, secretId }: ReturnType<typeof nodeFacts>,
  reporter: Reporter,
): Promise<void> {
  const { signal } = new AbortController();
  const taken = new Set<AllocId>();
  let after = 0 as Index;
  for (;;) {
    const asked = { nodeId, secretId, after, waitMs: PULL_MS, ...(after > 0 && HOLDS) };
    const options = { signal, deadlineMs: PULL_DEADLINE_MS };
    const answered = pool.call('node.pull', { ...asked, lean: true }, options);
    const reply = (await answered.catch(passOver)) as LeanReply | undefined;
    if (reply === undefined) {
      await systemClock.sleep(RETRY_MS, signal);
      continue;
    }
    after = reply.index;
    counts.pulls += 1;
    counts.pulled += reply.allocs.length;
    for (const { id } of reply.allocs) {
      if (taken.has(id)) continue;
      taken.add(id);
      reporter.report(running(id, systemClock.now()), true);
    }
  }
}

/** A connection that was lost is replaced by the pool. */
function passOver(error: unknown): undefined {
  if (!(error instanceof Failure)) throw error;
  counts.failures += 1;
}

/** A task that was received, set up and started. */
function running(id: AllocId, at: Millis): AllocUpdate {
  let events: readonly TaskEvent[] = [];
  for (const draft of [received(), taskSetup(), started()]) events = record(events, draft, at);
  return {
    ...{ id, at, clientStatus: 'running', clientDescription: 'Tasks are running' },
    taskStates: { server: { state: 'running', failed: false, restarts: 0, startedAt: at, events } },
  };
}

function acknowledged(updates: readonly AllocUpdate[]): void {
  counts.reports += 1;
  counts.running += updates.length;
  if (counts.running === Number(expected)) tell('running');
}

function fail(error: unknown): void {
  console.error(error);
  process.exit(1);
}
