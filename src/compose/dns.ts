/** Builds the DNS role: it answers from this server's own state. */
import type { Random } from '../base/random.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { parseListen } from '../core/dns/settings.ts';
import { StateDirectory } from '../core/dns/state-directory.ts';
import { Dns } from '../dns/dns.ts';
import { systemClock } from '../io/clock.ts';
import { systemDnsSockets } from '../io/dns/sockets.ts';
import type { Federation } from './cluster-parts.ts';
import type { ServerParts } from './server.ts';

export interface DnsParts {
  readonly server: ServerParts;
  readonly federation: Federation | undefined;
  readonly nodeName: string;
  readonly random: Random;
  readonly note: (line: string) => void;
}

/** Undefined where DNS is not wanted. */
export function buildDns(
  config: AgentConfig,
  { server, federation, nodeName, random, note }: DnsParts,
): Dns | undefined {
  const { addresses, ports, discovery } = config;
  if (ports.dns < 0) return undefined;
  const directory = new StateDirectory({
    state: () => server.replica.state,
    datacenter: config.datacenter,
    serverNames: () => [nodeName],
    agentNode: nodeName,
    ...(federation === undefined ? {} : { datacenters: () => federation.facts.datacenters() }),
  });
  // The configuration was found without a mistake.
  const listen = parseListen(addresses.dns, ports.dns) ?? [];
  return new Dns(
    { settings: discovery.dns, listen },
    {
      ...{ directory, seenBy: (asked) => directory.seenBy(asked) },
      ...{ sockets: systemDnsSockets, clock: systemClock, random, note },
      ...(federation === undefined ? {} : { elsewhere: federation.dns }),
    },
  );
}
