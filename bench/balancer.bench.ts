/**
 * Small answers in a second through the balancer of a real agent, beside nginx and HAProxy with the
 * same backend in the same run, one after the other in turn; what each costs in time of the
 * processor, which holds on a busy machine, too.
 */
import { askInTurn, BalancerBench, tell } from './balancer-world.ts';

await using bench = await BalancerBench.start();
await bench.route([`route add backend / http://127.0.0.1:${bench.backends[0] ?? 0}`]);
const turns = { way: 'http', callers: 32, rounds: 5, ms: 2_000 } as const;
tell('balancer', await askInTurn(bench.subjects, turns));
