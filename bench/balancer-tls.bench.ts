/** As `balancer.bench.ts`, over TLS: HTTP/1.1 on kept connections, and HTTP/2. */
import { askInTurn, BalancerBench, tell } from './balancer-world.ts';

await using bench = await BalancerBench.start();
await bench.route([`route add backend / http://127.0.0.1:${bench.backends[0] ?? 0}`]);
for (const way of ['tls', 'http2'] as const) {
  const turns = { way, callers: 32, rounds: 5, ms: 2_000 };
  tell(`balancer.${way}`, await askInTurn(bench.subjects, turns));
}
