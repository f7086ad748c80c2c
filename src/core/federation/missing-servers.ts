/** Which servers of a region are in one of its pools only: its own, and that of all regions. */
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

/** Servers that say they are of a region whose pool does not know them: of another cluster. */
export function strangers(
  region: string,
  lan: readonly Member[],
  wan: readonly Member[],
): readonly string[] {
  const known = new Set(lan.map(({ name }) => regionServerName(name, region)));
  return wan
    .filter(({ status, tags }) => status === 'alive' && tags['region'] === region)
    .flatMap(({ name }) => (known.has(name) ? [] : [name]));
}
