/** Wires this region to the others: requests, questions and queries that are theirs to answer. */
import { Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { byNearness, type Datacenter } from '../core/federation/nearness.ts';
import type { Coordinate } from '../core/model/coordinate.ts';
import { datacentersOf } from '../core/state/reads-catalog.ts';
import type { DnsQuestion } from '../dns/dns.ts';
import { QueryFailover } from '../link/query-failover.ts';
import { RegionHttp } from '../link/region-http.ts';
import { Regions } from '../link/regions.ts';
import type { ApiName } from '../link/http-forward.ts';
import type { HttpApp } from '../ports/http.ts';
import type { Whereabouts } from '../server/http/placement.ts';
import type { Elsewhere } from '../server/http/placed-app.ts';
import { regionedApp } from '../server/http/regioned-app.ts';
import type { ClusterParts, Federation } from './cluster-parts.ts';
import type { Door } from './door.ts';
import type { ServerParts } from './server.ts';
import type { WanParts } from './wan-gossip.ts';

/** Undefined where this server does not gossip with other regions. */
export function federationOf(
  config: AgentConfig,
  door: Door,
  { wan, server, random, note }: ClusterParts,
): Federation | undefined {
  if (wan === undefined) return undefined;
  return buildFederation(config, { door, wan, server, note, random: random.fork('regions') });
}

interface FederationWorld {
  readonly door: Door;
  readonly wan: WanParts;
  readonly server: ServerParts;
  readonly random: Random;
  readonly note: (line: string) => void;
}

function buildFederation(
  config: AgentConfig,
  { door, wan, server, random, note }: FederationWorld,
): Federation {
  const { region, datacenter } = config;
  const ownDatacenters = datacentersIn(server, datacenter);
  const regions = new Regions({
    ...door.deps,
    ...{ random, note, datacenters: ownDatacenters },
    servers: () => wan.servers(),
    follow: (tell) => wan.follow(tell),
  });
  const sorted = (): readonly Datacenter[] => {
    const own = ownDatacenters();
    const here = [...own].map((each) => ({ datacenter: each, region }));
    // A name that this region has means its own.
    const elsewhere = regions.datacenters().filter((each) => !own.has(each.datacenter));
    return byNearness([...here, ...elsewhere], {
      own: { datacenter, region },
      self: wan.self,
      servers: wan.servers(),
      coordinates: wan.coordinates(),
    });
  };
  const regionOf = (asked: Whereabouts): string | undefined => {
    if (asked.region !== undefined) return asked.region === region ? undefined : asked.region;
    const wanted = asked.datacenter;
    if (wanted === undefined || wanted === datacenter) return undefined;
    const found = regions.regionWith(wanted);
    return found !== undefined && !ownDatacenters().has(wanted) ? found : undefined;
  };
  const failover = new QueryFailover({ state: () => server.replica.state, regions, note });
  const placed = (app: HttpApp, api: ApiName): HttpApp =>
    regionedApp(app, {
      isAny: () => regions.isAny(),
      find: (asked): Elsewhere | undefined => {
        const found = regionOf(asked);
        const named = asked.region === undefined ? 'datacenter' : 'region';
        const caller = found === undefined ? undefined : regions.caller(found, named);
        return caller === undefined ? undefined : new RegionHttp(caller, api);
      },
    });
  return {
    regions,
    facts: {
      datacenters: () => [...new Set(sorted().map((each) => each.datacenter))],
      servers: () => coordinatesOf(wan),
      failover: (reading, signal) => failover.resume(reading, signal),
    },
    dns: {
      hasDatacenter: (name) => regions.regionWith(name) !== undefined,
      ask: (name, question, signal) => askDns(regions, name, { question, signal }),
      failover: (reading, signal) => failover.resume(reading, signal),
    },
    regioned: ({ http, discovery }) => ({
      http: placed(http, 'http'),
      discovery: placed(discovery, 'discovery'),
    }),
  };
}

/** All datacenters of this region, gone through again only where nodes have changed. */
function datacentersIn({ replica }: ServerParts, own: string): () => ReadonlySet<string> {
  let known: Readonly<{ nodes: unknown; datacenters: ReadonlySet<string> }> | undefined;
  return () => {
    const { state } = replica;
    const nodes = state.tables.catalogNodes;
    if (known?.nodes !== nodes) {
      known = { nodes, datacenters: new Set([own, ...datacentersOf(state)]) };
    }
    return known.datacenters;
  };
}

/** Has a question answered where a datacenter is. Fails: `unavailable`. */
async function askDns(
  regions: Regions,
  datacenter: string,
  { question, signal }: { readonly question: DnsQuestion; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const region = regions.regionWith(datacenter);
  const caller = region === undefined ? undefined : regions.caller(region, 'datacenter');
  if (caller === undefined) throw new Failure('unavailable', 'No path to datacenter');
  const answer = await caller.call('dns', question, { signal, deadlineMs: DNS_MS });
  if (answer instanceof Uint8Array) return answer;
  throw new Failure('internal', `region "${region}" answered with no message`);
}

/** How long whoever asks usually waits, before asking another name server [ms]. */
const DNS_MS = 4_000;

/** Where the servers of each datacenter stand. */
function coordinatesOf(
  wan: WanParts,
): readonly Readonly<{ datacenter: string; node: string; coordinate: Coordinate }>[] {
  const known = wan.coordinates();
  return wan.servers().flatMap(({ name, node, datacenter }) => {
    const coordinate = known.get(name);
    return coordinate === undefined ? [] : [{ datacenter, node, coordinate }];
  });
}
