/** The `BalancerSockets` port on node's own servers and connections. */
import type { BalancerSockets, ProxyLimits } from '../../ports/balancer.ts';
import { listenHttp, type ProxyParts } from './http-proxy.ts';
import { Targets } from './targets.ts';
import { listenTcp } from './tcp-proxy.ts';
import { listenTls } from './tls-proxy.ts';

export function balancerSockets(limits: ProxyLimits): BalancerSockets {
  const targets = new Targets(limits);
  return {
    listenHttp: (at, traffic) => listenHttp(at, parts(traffic)),
    listenTls: (at, traffic, certificates) => listenTls(at, parts(traffic), certificates),
    listenTcp: (at, traffic) => listenTcp(at, parts(traffic)),
    configure: (changed) => {
      targets.limits = changed;
    },
    keepOnly: (addresses) => {
      targets.keepOnly(addresses);
    },
    close: () => {
      targets.close();
    },
  };

  /** Its limits are always those of the moment. */
  function parts(traffic: ProxyParts['traffic']): ProxyParts {
    return {
      traffic,
      targets,
      get limits() {
        return targets.limits;
      },
    };
  }
}
