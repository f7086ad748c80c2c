/** The balancer of an agent without a server role: on what the servers answer, through its API. */
import { Api } from '../api/api.ts';
import { CONSUL } from '../api/consul/common-query.ts';
import { askDependency } from '../api/template-answers.ts';
import { Balancer } from '../balancer/balancer.ts';
import { RemoteCatalog } from '../balancer/remote-catalog.ts';
import type { Random } from '../base/random.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { CATALOG_KEYS } from '../core/balancer/settings.ts';
import { systemClock } from '../io/clock.ts';
import { connectLight } from '../io/http/light-client.ts';
import type { Service } from '../ports/service.ts';
import { balancerEdges, balancerOptions } from './balancer.ts';
import { ownAddress } from './template-source.ts';

export interface RemoteBalancer {
  readonly services: readonly Service[];
  /** Goes by a changed configuration from now on. */
  reload(config: AgentConfig): void;
}

/** Nothing where it is not wanted. */
export function buildRemoteBalancer(
  config: AgentConfig,
  { random, note }: { readonly random: Random; readonly note: (line: string) => void },
): RemoteBalancer {
  let options = balancerOptions(config);
  if (options === undefined) return { services: [], reload: () => undefined };
  const api = new Api({ dialect: CONSUL }, connectLight(ownAddress(config)));
  let { tagPrefix } = options.settings;
  const catalog = new RemoteCatalog(
    { tagPrefix: () => tagPrefix, keyPrefixes: CATALOG_KEYS },
    {
      ask: (dependency, index, signal) => askDependency(api, dependency, index, signal),
      ...{ clock: systemClock, note },
    },
  );
  const balancer = new Balancer(options, { catalog, ...balancerEdges(options), random, note });
  return {
    services: [catalog, balancer],
    reload: (changed) => {
      options = balancerOptions(changed);
      // Whether there is one at all is settled at the start.
      if (options === undefined) return;
      ({ tagPrefix } = options.settings);
      balancer.configure(options);
      catalog.refresh();
    },
  };
}
