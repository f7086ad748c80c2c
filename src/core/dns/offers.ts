/**
 * The records that a service's instances come to: what an answer is drawn from.
 *
 * V1: an instance is offered only while neither it nor its node is critical, nor has a warning
 * where only passing ones are wanted.
 * V2: each address is offered once to a question for addresses, each node, address and port once to
 * a question for SRV.
 * V3: the target of an SRV record has its address as glue, unless it is a host name of others.
 */
import { hexOf, parseAddress } from './address.ts';
import type { Instance } from './directory.ts';
import { parseName, type Name } from './name.ts';
import { metaRecords } from './node-meta.ts';
import { TYPE, type ResourceRecord } from './record.ts';
import { addressRecord, nodeName, type Zone } from './zone.ts';

/** A record, and where somebody else's name is its target, that name, still to be resolved. */
export interface Offer {
  readonly record: ResourceRecord;
  readonly host: Name | undefined;
}

/** What is common to all offers of one answer. */
export interface OfferTerms {
  /** That was asked for. */
  readonly type: number;
  readonly name: Name;
  readonly zone: Zone;
  readonly datacenter: string;
  /** [s] */
  readonly ttl: number;
  /** Adds the metadata of nodes to SRV records. */
  readonly nodeMetaTxt: boolean;
}

/**
 * The instances that count.
 *
 * @param tag lower case; empty: any
 */
export function eligible(
  instances: readonly Instance[],
  tag: string,
  onlyPassing: boolean,
): readonly Instance[] {
  return instances.filter(
    ({ status, tags }) =>
      (status === 'passing' || (status === 'warning' && !onlyPassing)) &&
      (tag === '' || tags.some((own) => own.toLowerCase() === tag)),
  );
}

/** One offer for each address; those of host names are CNAMEs. */
export function addressOffers(instances: readonly Instance[], terms: OfferTerms): Offer[] {
  const offers = new Map<string, Offer>();
  for (const instance of instances) {
    const address = addressFor(instance, terms);
    if (offers.has(address)) continue;
    const record = addressRecord(address, undefined, terms.ttl);
    if (record !== undefined) {
      const wanted = terms.type === TYPE.ANY || terms.type === record.type;
      if (wanted) offers.set(address, { record, host: undefined });
      continue;
    }
    const target = parseName(address);
    if (target === undefined || target.starts.length === 0) continue;
    const alias: ResourceRecord = { name: undefined, ttl: terms.ttl, type: TYPE.CNAME, target };
    offers.set(address, { record: alias, host: target });
  }
  return [...offers.values()];
}

/** One offer for each node, address and port. */
export function srvOffers(instances: readonly Instance[], terms: OfferTerms): Offer[] {
  const offers = new Map<string, Offer>();
  const shared: SharedGlue = { addresses: new Map(), metas: new Map() };
  for (const instance of instances) {
    const own = addressFor(instance, terms);
    const key = `${instance.node.name} ${own} ${instance.port}`;
    if (offers.has(key)) continue;
    const found = srvTarget(instance, own, terms);
    if (found === undefined) continue;
    const { target, address } = found;
    const glue = address === undefined ? [] : [addressGlue(shared, target, address, terms)];
    if (terms.nodeMetaTxt) glue.push(...metaGlue(shared, instance, terms));
    const record: ResourceRecord = {
      name: undefined,
      ttl: terms.ttl,
      type: TYPE.SRV,
      priority: 1,
      weight: weightOf(instance),
      port: instance.port & 0xffff,
      target,
      ...(glue.length === 0 ? {} : { glue }),
    };
    offers.set(key, { record, host: address === undefined ? target : undefined });
  }
  return [...offers.values()];
}

/** Where an instance is to be found, as the type of the question wants it. */
function addressFor({ address, taggedAddresses, node }: Instance, terms: OfferTerms): string {
  const { type, name } = terms;
  const own = familyTag(type, (tag) => taggedAddresses[tag]?.address) ?? address;
  // One whose address is the very name asked for is found at its node.
  if (own !== '' && parseName(own)?.text !== name.text) return own;
  return familyTag(type, (tag) => node.taggedAddresses[tag]) ?? node.address;
}

function familyTag(type: number, tagged: (tag: string) => string | undefined): string | undefined {
  if (type === TYPE.A) return tagged('lan_ipv4');
  return type === TYPE.AAAA ? tagged('lan_ipv6') : undefined;
}

interface SrvTarget {
  readonly target: Name;
  /** Undefined: the target is a host name. */
  readonly address: Uint8Array | undefined;
}

/**
 * The node's name where the instance has no address of its own; else its address's own name, even
 * if that is the node's. Source: Consul.
 */
function srvTarget(
  { node, address: registered }: Instance,
  own: string,
  terms: OfferTerms,
): SrvTarget | undefined {
  const { zone, datacenter } = terms;
  const address = parseAddress(own);
  if (address === undefined) {
    const host = parseName(own);
    if (host === undefined || host.starts.length === 0) return undefined;
    return { target: host, address: undefined };
  }
  const ofNode = own === registered ? undefined : nodeName(zone, node.name, datacenter);
  const target = ofNode ?? parseName(`${hexOf(address)}.addr.${datacenter}`, zone.name);
  return target === undefined ? undefined : { target, address };
}

function weightOf({ status, weights }: Instance): number {
  const weight = status === 'warning' ? weights.warning : weights.passing;
  return Math.max(0, Math.min(0xffff, Math.trunc(weight)));
}

/** Glue that several records share: the same object, so that it is written once. */
interface SharedGlue {
  /** By the target's text. */
  readonly addresses: Map<string, ResourceRecord>;
  /** By the node's name. */
  readonly metas: Map<string, readonly ResourceRecord[]>;
}

function addressGlue(
  { addresses }: SharedGlue,
  target: Name,
  address: Uint8Array,
  { ttl }: OfferTerms,
): ResourceRecord {
  const known = addresses.get(target.text);
  if (known !== undefined) return known;
  const type = address.length === 4 ? TYPE.A : TYPE.AAAA;
  const glue: ResourceRecord = { name: target, ttl, type, address };
  addresses.set(target.text, glue);
  return glue;
}

function metaGlue(
  { metas }: SharedGlue,
  { node }: Instance,
  { zone, datacenter, ttl }: OfferTerms,
): readonly ResourceRecord[] {
  const known = metas.get(node.name);
  if (known !== undefined) return known;
  const name = nodeName(zone, node.name, datacenter);
  const glue = name === undefined ? [] : metaRecords(node, name, ttl);
  metas.set(node.name, glue);
  return glue;
}
