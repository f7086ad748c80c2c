/** Which servers of a region are not in the pool of all regions yet. */
import type { Address } from '../gossip/address.ts';
import type { Member } from '../gossip/serf/ring.ts';
import { regionServerName } from './region-server.ts';

/** @returns where those gossip between regions, as far as they do */
export function missingServers(
  region: string,
  lan: readonly Member[],
  wan: readonly Member[],
): readonly Readonly<{ name: string; address: Address }>[] {
  const there = new Set(wan.flatMap(({ name, status }) => (status === 'alive' ? [name] : [])));
  return lan.flatMap(({ name, status, address, tags }) => {
    const port = Number(tags['wan_join_port']);
    if (status !== 'alive' || tags['region'] !== region || !(port > 0 && port <= 65_535)) return [];
    if (there.has(regionServerName(name, region))) return [];
    return [{ name, address: { host: address.host, port } }];
  });
}
