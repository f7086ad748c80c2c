/** The `BalancerSockets` port on node's own servers and connections. */
import type { BalancerSockets, ProxyLimits } from '../../ports/balancer.ts';
import { listenHttp } from './http-proxy.ts';
import { Targets } from './targets.ts';
import { listenTcp } from './tcp-proxy.ts';
import { listenTls } from './tls-proxy.ts';

/** @param drainTimeoutMs what is under way to a target that left may take so long */
export function balancerSockets(limits: ProxyLimits, drainTimeoutMs: number): BalancerSockets {
  const targets = new Targets(limits, drainTimeoutMs);
  return {
    listenHttp: (at, traffic) => listenHttp(at, { traffic, targets, limits }),
    listenTls: (at, traffic, certificates) =>
      listenTls(at, { traffic, targets, limits }, certificates),
    listenTcp: (at, traffic) => listenTcp(at, traffic, limits),
    keepOnly: (addresses) => targets.keepOnly(addresses),
    close: () => targets.close(),
  };
}
