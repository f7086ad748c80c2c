/** Our own zone: its start of authority, its name servers. */
import { parseAddress } from './address.ts';
import type { DirectoryNode } from './directory.ts';
import { parseName, type Name } from './name.ts';
import { TYPE, type ResourceRecord, type SoaTimes } from './record.ts';

/** A domain under which our names are asked for. */
export interface Zone {
  readonly name: Name;
  readonly primary: Name;
  readonly mailbox: Name;
}

/** Undefined: no domain, or too long a one to have a name under it. */
export function zoneOf(domain: string): Zone | undefined {
  const name = parseName(domain);
  if (name === undefined || name.starts.length === 0) return undefined;
  const primary = parseName('ns', name);
  const mailbox = parseName('hostmaster', name);
  return primary === undefined || mailbox === undefined ? undefined : { name, primary, mailbox };
}

/** @param serial grows with time [s] */
export function soaRecord(zone: Zone, soa: SoaTimes, serial: number): ResourceRecord {
  const { name, primary, mailbox } = zone;
  // Its own time to live must not be longer than that of what is denied with it.
  return { name, ttl: soa.minTtl, type: TYPE.SOA, primary, mailbox, serial: serial >>> 0, soa };
}

/** A node's own name; undefined: DNS cannot carry it. */
export function nodeName(zone: Zone, node: string, datacenter: string): Name | undefined {
  // A backslash would be read as the beginning of an escape, and no host has one.
  return node.includes('\\') ? undefined : parseName(`${node}.node.${datacenter}`, zone.name);
}

/**
 * The record of an address, A or AAAA; undefined: it is a host name.
 *
 * @param name whose; undefined: of the name that was asked for
 * @param ttl [s]
 */
export function addressRecord(
  address: string,
  name: Name | undefined,
  ttl: number,
): ResourceRecord | undefined {
  const bytes = parseAddress(address);
  if (bytes === undefined) return undefined;
  return { name, ttl, type: bytes.length === 4 ? TYPE.A : TYPE.AAAA, address: bytes };
}

/**
 * An NS record for each server whose name a host may have, its addresses as glue.
 *
 * @param ttl [s]
 */
export function nameServerRecords(
  zone: Zone,
  datacenter: string,
  servers: readonly DirectoryNode[],
  ttl: number,
): ResourceRecord[] {
  return servers.flatMap(({ name, address }): ResourceRecord[] => {
    const target = /^[a-z0-9-]+$/i.test(name) ? nodeName(zone, name, datacenter) : undefined;
    if (target === undefined) return [];
    const glue = addressRecord(address, target, ttl);
    const withGlue = glue === undefined ? {} : { glue: [glue] };
    return [{ name: zone.name, ttl, type: TYPE.NS, target, ...withGlue }];
  });
}
