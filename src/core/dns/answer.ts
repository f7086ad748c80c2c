/**
 * Decides what a question is answered with, from the catalog. Source: Consul's DNS interface.
 *
 * D1: the same question, directory, settings, time and stream of chance give the same answer.
 * D2: what is there without a record of the wanted type is not denied; what is not there is; both
 * with the zone's SOA, so that resolvers know how long to believe it.
 */
import type { Millis } from '../../base/brand.ts';
import type { Random } from '../../base/random.ts';
import { reverseAddress } from './address.ts';
import type { QueryReading } from '../state/reads-queries.ts';
import type { Directory, DirectoryNode, Instance, QueryResult } from './directory.ts';
import type { Reply } from './encode.ts';
import { parseLookup, type Lookup } from './lookup.ts';
import { isWithin, labelTexts, parseName, type Name } from './name.ts';
import { metaRecords } from './node-meta.ts';
import { addressOffers, eligible, srvOffers, type Offer, type OfferTerms } from './offers.ts';
import { RCODE, TYPE, type ResourceRecord } from './record.ts';
import { seconds, serviceTtl, type DnsSettings, type ServiceTtl } from './settings.ts';
import {
  addressRecord,
  nameServerRecords,
  nodeName,
  soaRecord,
  zoneOf,
  type Zone,
} from './zone.ts';

/** What is asked. */
export interface Question {
  readonly name: Name;
  readonly type: number;
  /** More answers than these find no room anyway. */
  readonly answersMax: number;
}

/** What the answer is taken from. */
export interface Sources {
  readonly directory: Directory;
  readonly random: Random;
  readonly now: Millis;
  /** The other regions; absent: there are none, or they are not to be asked. */
  readonly elsewhere?: {
    /** Whether one of them has a datacenter (lower case). */
    hasDatacenter(datacenter: string): boolean;
  };
  /** What the query asked for came to in other regions; absent: they were not asked. */
  readonly found?: QueryResult;
}

export type Decision =
  | {
      readonly do: 'reply';
      readonly reply: Reply;
      /** Names of others that are to be resolved and added, where there are recursors. */
      readonly follow: readonly Follow[];
    }
  /** Not ours: to be handed to a recursor as it is. */
  | { readonly do: 'forward' }
  /** Of another region's datacenter: to be answered there. */
  | { readonly do: 'ask'; readonly datacenter: string }
  /** Nothing here: to be carried on in other regions, and decided again with what they have. */
  | { readonly do: 'fail over'; readonly reading: QueryReading };

export interface Follow {
  readonly name: Name;
  readonly type: typeof TYPE.A | typeof TYPE.AAAA;
  /** Where the records go that are found. */
  readonly into: 'answers' | 'additional';
  /** Instead of theirs [s]; undefined: theirs stay. */
  readonly ttl: number | undefined;
}

/**
 * Answers by one set of settings, which `checkDnsSettings` has found without a mistake. Holds
 * nothing but what it can make again.
 */
export class Answerer {
  readonly #settings: DnsSettings;
  /** The domain and the other one, if there is one. */
  readonly #zones: readonly Zone[];
  readonly #serviceTtl: ServiceTtl;
  readonly #nodeTtl: number;
  /** By what `Directory.service` answered: as long as that is the same, so is this. */
  readonly #prepared = new WeakMap<readonly Instance[], Map<string, readonly Offer[]>>();

  constructor(settings: DnsSettings) {
    this.#settings = settings;
    this.#zones = [settings.domain, settings.altDomain]
      .map((domain) => (domain === undefined ? undefined : zoneOf(domain)))
      .filter((zone) => zone !== undefined);
    this.#serviceTtl = serviceTtl(settings.serviceTtlMs);
    this.#nodeTtl = seconds(settings.nodeTtlMs);
  }

  decide(question: Question, sources: Sources): Decision {
    const zone = this.#zoneAbove(question.name);
    if (zone !== undefined) {
      const { name, type, answersMax } = question;
      return this.#ours({ ...sources, name, type, answersMax, zone, depth: 0 });
    }
    const address = reverseAddress(labelTexts(question.name));
    if (address !== undefined) return this.#reverse(question, sources, address);
    return this.#settings.recursors.length > 0 ? { do: 'forward' } : REFUSAL;
  }

  /** The longer one, where one domain lies under the other. */
  #zoneAbove(name: Name): Zone | undefined {
    let best: Zone | undefined;
    for (const zone of this.#zones) {
      const isLonger = best === undefined || zone.name.starts.length > best.name.starts.length;
      if (isLonger && isWithin(name, zone.name)) best = zone;
    }
    return best;
  }

  #ours(task: Task): Decision {
    const { zone, name, type } = task;
    if (type === TYPE.SOA) {
      const soa = soaRecord(zone, this.#settings.soa, seconds(task.now));
      return replied({ answers: [soa], authority: this.#nameServers(task) });
    }
    if (type === TYPE.NS) return this.#found(task, this.#nameServers(task));
    const labels = labelTexts(name).slice(0, name.starts.length - zone.name.starts.length);
    const lookup = parseLookup(labels, type);
    const datacenter = 'datacenter' in lookup ? lookup.datacenter : undefined;
    const isOurs = datacenter === undefined || task.directory.hasDatacenter(datacenter);
    if (!isOurs && task.elsewhere?.hasDatacenter(datacenter) === true) {
      return { do: 'ask', datacenter };
    }
    return this.#lookup(task, lookup);
  }

  #lookup(task: Task, lookup: Lookup): Decision {
    switch (lookup.kind) {
      case 'service':
        return this.#service(task, lookup);
      case 'node':
        return this.#node(task, lookup.node, lookup.datacenter);
      case 'query':
        return this.#query(task, lookup.query, lookup.datacenter);
      case 'address':
        return this.#ownName(task, lookup.address);
      case 'name servers':
        return this.#serverAddresses(task);
      case 'virtual':
        return this.#found(task, []);
      case 'branch':
        return this.#branch(task, lookup.datacenter);
      case 'none':
        return this.#missing(task);
    }
  }

  #service(task: Task, lookup: Extract<Lookup, { kind: 'service' }>): Decision {
    const { service, tag } = lookup;
    const datacenter = lookup.datacenter ?? task.directory.datacenter;
    const instances = task.directory.service(service, datacenter) ?? [];
    const offers = this.#offers(task, { instances, service, tag, datacenter });
    if (offers === undefined) {
      // The protocol in `_name._tcp.service` has a name of its own, although nobody is called so.
      const isProtocol = service.startsWith('_') && tag === '' && instances.length === 0;
      return isProtocol ? this.#found(task, []) : this.#missing(task);
    }
    return this.#offered(task, offers, (all, count) => draw(all, count, task.random));
  }

  /** Undefined: no instance is there that counts. */
  #offers(
    task: Task,
    asked: {
      readonly instances: readonly Instance[];
      readonly service: string;
      readonly tag: string;
      readonly datacenter: string;
    },
  ): readonly Offer[] | undefined {
    const { instances, service, tag, datacenter } = asked;
    const key = `${task.type} ${task.zone.name.text} ${datacenter} ${tag}`;
    const known = this.#prepared.get(instances);
    const prepared = known?.get(key);
    if (prepared !== undefined) return prepared;
    const counting = eligible(instances, tag, this.#settings.onlyPassing);
    if (counting.length === 0) return undefined;
    const offers = this.#offersOf(task, counting, datacenter, this.#serviceTtl(service));
    // Host names may be the question's own name: only for this question, then.
    if (offers.some(({ host }) => host !== undefined)) return offers;
    if (known === undefined || known.size >= PREPARED_MAX) {
      this.#prepared.set(instances, new Map([[key, offers]]));
    } else known.set(key, offers);
    return offers;
  }

  #offersOf(
    { type, name, zone }: Task,
    instances: readonly Instance[],
    datacenter: string,
    ttl: number,
  ): readonly Offer[] {
    const { nodeMetaTxt } = this.#settings;
    const terms: OfferTerms = { type, name, zone, datacenter, ttl, nodeMetaTxt };
    if (type === TYPE.SRV) return srvOffers(instances, terms);
    if (ADDRESS_TYPES.has(type)) return addressOffers(instances, terms);
    return [];
  }

  #query(task: Task, name: string, named: string | undefined): Decision {
    const datacenter = named ?? task.directory.datacenter;
    const result = task.found ?? task.directory.preparedQuery(name, datacenter);
    if (result?.pending !== undefined && task.elsewhere !== undefined) {
      return { do: 'fail over', reading: result.pending };
    }
    if (result === undefined || result.instances.length === 0) return this.#missing(task);
    const { instances, service, ttlMs } = result;
    const ttl = ttlMs === undefined ? this.#serviceTtl(service.toLowerCase()) : seconds(ttlMs);
    const offers = this.#offersOf(task, instances, result.datacenter, ttl);
    return this.#offered(task, offers, (all, count) =>
      result.ordered ? all.slice(0, count) : draw(all, count, task.random),
    );
  }

  /** @param choose as many as said; the order is that of the answer */
  #offered(
    task: Task,
    offers: readonly Offer[],
    choose: (offers: readonly Offer[], count: number) => readonly Offer[],
  ): Decision {
    const { type, answersMax } = task;
    if (type === TYPE.SRV) {
      const more = offers.length > answersMax;
      return this.#srv(task, choose(offers, answersMax), more);
    }
    const addresses = offers.filter(({ host }) => host === undefined);
    if (addresses.length === 0) {
      // No name may have two CNAMEs.
      const alias = choose(offers, 1)[0];
      return alias === undefined ? this.#found(task, []) : this.#alias(task, alias);
    }
    const limit = this.#settings.aRecordLimit === 0 ? Infinity : this.#settings.aRecordLimit;
    const wanted = Math.min(addresses.length, limit);
    const chosen = choose(addresses, Math.min(wanted, answersMax));
    const answers = chosen.map(({ record }) => record);
    return replied({ answers, more: wanted > answersMax });
  }

  #srv(task: Task, offers: readonly Offer[], more: boolean): Decision {
    const follow: Follow[] = [];
    let hosts = 0;
    const answers = offers.map(({ record, host }) => {
      if (host === undefined || ++hosts > FOLLOWED_TARGETS_MAX) return record;
      const found = this.#host({ ...task, type: TYPE.ANY }, host, {
        into: 'additional',
        ttl: record.ttl,
      });
      follow.push(...found.follow);
      return found.records.length === 0 ? record : { ...record, glue: found.records };
    });
    if (answers.length === 0) return this.#found(task, []);
    return replied({ answers, more }, follow);
  }

  /** A CNAME, and what is behind it. */
  #alias(task: Task, { record, host }: Offer): Decision {
    if (host === undefined || task.type === TYPE.CNAME) return replied({ answers: [record] });
    const found = this.#host(task, host, { into: 'answers', ttl: record.ttl });
    return replied({ answers: [record, ...found.records] }, found.follow);
  }

  /** What a host name leads to: our own records, or somebody else's who is still to be asked. */
  #host(
    task: Task,
    host: Name,
    { into, ttl }: Pick<Follow, 'into' | 'ttl'>,
  ): { readonly records: readonly ResourceRecord[]; readonly follow: readonly Follow[] } {
    const zone = this.#zoneAbove(host);
    if (zone === undefined) {
      const type = task.type === TYPE.AAAA ? TYPE.AAAA : TYPE.A;
      return { records: [], follow: [{ name: host, type, into, ttl }] };
    }
    // A name that leads to itself, over however many others, ends here.
    if (task.depth >= ALIAS_DEPTH_MAX) return NOTHING;
    const found = this.#ours({ ...task, zone, name: host, depth: task.depth + 1 });
    if (found.do !== 'reply') return NOTHING;
    const records = found.reply.answers.map((record) =>
      record.name === undefined ? { ...record, name: host } : record,
    );
    return { records, follow: found.follow.map((one) => ({ ...one, into })) };
  }

  #node(task: Task, name: string, datacenter: string | undefined): Decision {
    const node = task.directory.node(name, datacenter ?? task.directory.datacenter);
    if (node === undefined) return this.#missing(task);
    const { type } = task;
    const ttl = this.#nodeTtl;
    const metas = metaRecords(node, undefined, ttl);
    if (type === TYPE.TXT) return this.#found(task, metas);
    if (!ADDRESS_TYPES.has(type)) return this.#found(task, []);
    const record = addressRecord(addressOfNode(node, type), undefined, ttl);
    if (record === undefined) return this.#hostOfNode(task, node);
    if (type === TYPE.ANY) return this.#found(task, [record, ...metas]);
    if (record.type !== type) return this.#found(task, []);
    const hasGlue = this.#settings.nodeMetaTxt && metas.length > 0;
    return this.#found(task, [hasGlue ? { ...record, glue: metas } : record]);
  }

  #hostOfNode(task: Task, node: DirectoryNode): Decision {
    const host = parseName(node.address);
    if (host === undefined || host.starts.length === 0) return this.#found(task, []);
    const ttl = this.#nodeTtl;
    return this.#alias(task, {
      record: { name: undefined, ttl, type: TYPE.CNAME, target: host },
      host,
    });
  }

  /** What the target of an SRV record says of itself. */
  #ownName(task: Task, address: Uint8Array): Decision {
    const type = address.length === 4 ? TYPE.A : TYPE.AAAA;
    const isWanted = task.type === type || task.type === TYPE.ANY;
    const record = { name: undefined, ttl: this.#nodeTtl, type, address } as const;
    return this.#found(task, isWanted ? [record] : []);
  }

  #branch(task: Task, datacenter: string | undefined): Decision {
    const { directory } = task;
    const isThere = directory.hasDatacenter(datacenter ?? directory.datacenter);
    return isThere ? this.#found(task, []) : this.#missing(task);
  }

  #serverAddresses(task: Task): Decision {
    const records = task.directory.servers().flatMap(({ address }) => {
      const record = addressRecord(address, undefined, this.#nodeTtl);
      return record === undefined ? [] : [record];
    });
    const wanted = records.filter(({ type }) => task.type === TYPE.ANY || task.type === type);
    return this.#found(task, draw(wanted, task.answersMax, task.random));
  }

  #nameServers({ zone, directory, random }: Task): readonly ResourceRecord[] {
    const servers = draw(directory.servers(), NAME_SERVERS_MAX, random);
    return nameServerRecords(zone, directory.datacenter, servers, this.#nodeTtl);
  }

  #reverse(question: Question, { directory, now }: Sources, address: string): Decision {
    const zone = this.#zones[0];
    const owner = directory.owner(address);
    if (owner === undefined && this.#settings.recursors.length > 0) return { do: 'forward' };
    if (zone === undefined) return REFUSAL;
    const { datacenter } = directory;
    const target =
      owner?.kind === 'service'
        ? parseName(`${owner.service}.service.${datacenter}`, zone.name)
        : owner && nodeName(zone, owner.node, datacenter);
    const soa = [soaRecord(zone, this.#settings.soa, seconds(now))];
    if (target === undefined) return replied({ rcode: RCODE.nameUnknown, authority: soa });
    if (question.type !== TYPE.PTR && question.type !== TYPE.ANY)
      return replied({ authority: soa });
    return replied({ answers: [{ name: undefined, ttl: 0, type: TYPE.PTR, target }] });
  }

  /** These; with the SOA, if there are none (D2). */
  #found(task: Task, answers: readonly ResourceRecord[]): Decision {
    if (answers.length > 0) return replied({ answers });
    return replied({ authority: [soaRecord(task.zone, this.#settings.soa, seconds(task.now))] });
  }

  #missing(task: Task): Decision {
    const soa = soaRecord(task.zone, this.#settings.soa, seconds(task.now));
    return replied({ rcode: RCODE.nameUnknown, authority: [soa] });
  }
}

/** A question under one of our domains. */
interface Task extends Question, Sources {
  readonly zone: Zone;
  /** How many host names led here. */
  readonly depth: number;
}

function replied(reply: Partial<Reply>, follow: readonly Follow[] = []): Decision {
  return { do: 'reply', reply: { ...PLAIN, ...reply }, follow };
}

function addressOfNode({ address, taggedAddresses }: DirectoryNode, type: number): string {
  if (type === TYPE.A) return taggedAddresses['lan_ipv4'] ?? address;
  return type === TYPE.AAAA ? (taggedAddresses['lan_ipv6'] ?? address) : address;
}

/** So many of them, drawn evenly, in an order drawn as well. */
function draw<T>(items: readonly T[], count: number, random: Random): T[] {
  const pool = items.slice();
  const drawn = Math.min(count, pool.length);
  for (let i = 0; i < drawn; i++) {
    const from = i + Math.floor(random.next() * (pool.length - i));
    const taken = pool[from] as T;
    pool[from] = pool[i] as T;
    pool[i] = taken;
  }
  pool.length = drawn;
  return pool;
}

const PLAIN: Reply = {
  rcode: RCODE.ok,
  authoritative: true,
  answers: [],
  authority: [],
  additional: [],
  more: false,
};
const REFUSAL: Decision = {
  do: 'reply',
  reply: { ...PLAIN, rcode: RCODE.refused, authoritative: false },
  follow: [],
};
const NOTHING = { records: [], follow: [] };
const ADDRESS_TYPES: ReadonlySet<number> = new Set([TYPE.A, TYPE.AAAA, TYPE.ANY, TYPE.CNAME]);
/** Source: Consul. */
const NAME_SERVERS_MAX = 3;
/** Our own names behind each other. Source: Consul's recursion level. */
const ALIAS_DEPTH_MAX = 3;
/** Host names resolved for one SRV answer: more would make everybody wait for strangers. */
const FOLLOWED_TARGETS_MAX = 3;
/** Answers prepared of one service: types times tags times domains. Beyond that, from anew. */
const PREPARED_MAX = 256;
