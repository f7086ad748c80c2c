/**
 * The servers of all regions, as the pool that they share knows them.
 *
 * RS1: two servers of that pool never have one name: nodes have names of their own within a region,
 *      and regions among each other.
 */
import { formatAgentAddress } from '../link/address.ts';
import type { Member, MemberStatus } from '../gossip/serf/ring.ts';
import type { Tags } from '../gossip/wire/tags.ts';

/** A server of any region. */
export interface RegionServer {
  /** Of the member: `NODE.REGION`. */
  readonly name: string;
  readonly node: string;
  readonly region: string;
  readonly datacenter: string;
  /** `host:port` of its link. */
  readonly link: string;
  readonly status: MemberStatus;
}

/** The name of a server in the pool of all regions (RS1). Source: Nomad's. */
export function regionServerName(node: string, region: string): string {
  return `${node}.${region}`;
}

/** How servers tell the pools apart that they are members of. */
const POOL = 'wan';

/** What a server says of itself to those of other regions. @param lan what it says in its own */
export function regionServerTags(lan: Tags): Tags {
  return { ...lan, pool: POOL };
}

/** Why a member of these tags is not of the pool of one region. Undefined: it may be. */
export function refusalByRegion(region: string): (tags: Tags) => string | undefined {
  return (tags) => {
    if (tags['pool'] === POOL) return 'gossips between regions there: join its other port';
    if (tags['region'] === undefined || tags['region'] === region) return undefined;
    return `is of region "${tags['region']}", not "${region}": servers of both join as \`-wan\``;
  };
}

/** Why a member of these tags is not of the pool that servers of all regions share. */
export function refusalByAll(tags: Tags): string | undefined {
  if (tags['region'] === undefined || tags['pool'] === POOL) return undefined;
  return 'gossips within its region there: join its other port';
}

/** The servers among the members of the pool; others that only gossip are left out. */
export function regionServers(members: readonly Member[]): readonly RegionServer[] {
  return members.flatMap(({ name, address, status, tags }) => {
    const { region, dc: datacenter } = tags;
    const port = Number(tags['port']);
    if (tags['pool'] !== POOL || region === undefined || datacenter === undefined) return [];
    if (!Number.isInteger(port) || port < 1 || port > 65_535) return [];
    const suffix = `.${region}`;
    const node = name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
    const link = formatAgentAddress({ host: address.host, port });
    return [{ name, node, region, datacenter, link, status }];
  });
}

/** The regions that somebody is there of, and this one, by name. */
export function regionsOf(own: string, servers: readonly RegionServer[]): readonly string[] {
  const there = servers.filter(({ status }) => status === 'alive').map(({ region }) => region);
  return [...new Set([own, ...there])].sort();
}
