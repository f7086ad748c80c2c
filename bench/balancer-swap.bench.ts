/**
 * Tables that change while requests go through them: a thousand routes, of which one moves from one
 * backend to another ten times a second, in turn with the same table left alone. No request may
 * fail.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { askOnce, BalancerBench, tell, type Outcome, type Subject } from './balancer-world.ts';
import { report } from './harness.ts';

const ROUTES = 1_000;
const SWAP_MS = 100;
const TURNS = { way: 'http', callers: 32, rounds: 5, ms: 2_000 } as const;

await using bench = await BalancerBench.start(2);
const { agent, backends } = bench;
const [subject] = bench.subjects;
if (subject === undefined) throw new Error('nobody to ask');
const others = Array.from(
  { length: ROUTES },
  (_, i) => `route add s${i} /service/${i}/ http://127.0.0.1:${1_024 + i}`,
);
let turn = 0;
/** Tables that came into force while it was asked. */
let tables = 0;

const swapped: Outcome = { subject: named('swapped'), rates: [], times: [], cpu: [] };
const still: Outcome = { subject: named('still'), rates: [], times: [], cpu: [] };
await swap();
await agent.until('the routes are there', async () => (await askedFor('/')).ok);
await askOnce({ subject, rates: [], times: [], cpu: [] }, TURNS);
for (let round = 0; round < TURNS.rounds; round++) {
  await askOnce(still, TURNS);
  const beganAt = Date.now();
  const stop = new AbortController();
  const swapping = keepSwapping(stop.signal);
  await askOnce(swapped, TURNS);
  stop.abort();
  await swapping;
  tables += await tablesSince(beganAt);
}
tell('balancer.swap', [swapped, still]);
const rate = (tables * 1_000) / (TURNS.rounds * TURNS.ms);
report({ name: 'balancer.swap.tables', value: rate, unit: 'tables/s', better: 'higher' });

function named(name: string): Subject {
  return { name, pid: agent.pid, port: agent.balancerPort, tlsPort: 0 };
}

async function swap(): Promise<void> {
  turn += 1;
  const to = backends[turn % backends.length] ?? 0;
  await bench.route([...others, `route add backend / http://127.0.0.1:${to}`]);
}

async function keepSwapping(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const beganAt = performance.now();
    await swap();
    await delay(Math.max(0, SWAP_MS - (performance.now() - beganAt)));
  }
}

async function tablesSince(at: number): Promise<number> {
  const page = `http://127.0.0.1:${agent.balancerPagePort}/api/history`;
  const history = (await (await fetch(page)).json()) as readonly { at: string }[];
  return history.filter((entry) => Date.parse(entry.at) >= at).length;
}

function askedFor(path: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${agent.balancerPort}${path}`);
}
