/**
 * The routing table: an immutable value made of offers, asked for the rule of a request.
 *
 * T1: a host before none, a longer path before a shorter one, an exact host before a pattern.
 * T2: the shares of a rule's targets add up to 1; its ring gives each its share.
 * T3: the same offers in any order make the same table.
 */
import { isGlob, matchesGlob } from './glob.ts';
import { destinationUrl, sourceText, type Offer, type Rule, type Target } from './rule.ts';
import { ringOf, weightsOf } from './weights.ts';

/** Rules of one host, or of any. */
interface Paths {
  readonly exact: ReadonlyMap<string, Rule>;
  /** Of the prefixes, longest first. */
  readonly lengths: readonly number[];
  /** Longest first. */
  readonly globs: readonly Rule[];
}

export interface Table {
  /** By key: hosts first, longer paths first. */
  readonly rules: readonly Rule[];
  readonly hosts: ReadonlyMap<string, Paths>;
  /** Longest first. */
  readonly hostGlobs: readonly (readonly [pattern: string, paths: Paths])[];
  readonly anyHost: Paths;
  readonly tcp: ReadonlyMap<number, Rule>;
  /** By server name, patterns included. */
  readonly sni: ReadonlyMap<string, Rule>;
}

const NO_PATHS: Paths = { exact: new Map(), lengths: [], globs: [] };
export const EMPTY_TABLE: Table = buildTable([]);

/** Builds a table. */
export function buildTable(offers: readonly Offer[]): Table {
  const grouped = new Map<string, Offer[]>();
  for (const offer of offers) {
    const key = `${sourceText(offer.source)}${offer.options.proto === 'tcp+sni' ? ' sni' : ''}`;
    const group = grouped.get(key);
    if (group === undefined) grouped.set(key, [offer]);
    else group.push(offer);
  }
  const rules = [...grouped].map(([key, group]) => ruleOf(key, group)).sort(bySource);
  const byHost = new Map<string, Rule[]>();
  const tcp = new Map<number, Rule>();
  const sni = new Map<string, Rule>();
  for (const rule of rules) {
    const { host, port } = rule.source;
    if (port > 0) tcp.set(port, rule);
    else if (isSni(rule)) sni.set(host, rule);
    else {
      const list = byHost.get(host);
      if (list === undefined) byHost.set(host, [rule]);
      else list.push(rule);
    }
  }
  const hosts = new Map([...byHost].map(([host, list]) => [host, pathsOf(list)]));
  return {
    rules,
    hosts,
    hostGlobs: [...hosts].filter(([host]) => isGlob(host)).sort(([a], [b]) => byLength(a, b)),
    anyHost: hosts.get('') ?? NO_PATHS,
    tcp,
    sni,
  };
}

/**
 * Finds the rule of a request.
 *
 * @param host the `Host` header, lower case, with its port if it has one
 * @param path without the query
 */
export function lookup(table: Table, host: string, path: string): Rule | undefined {
  const bare = withoutPort(host);
  for (const name of bare === host ? [host] : [host, bare]) {
    const paths = name === '' ? undefined : table.hosts.get(name);
    const found = paths && ruleAt(paths, path);
    if (found !== undefined) return found;
  }
  for (const [pattern, paths] of table.hostGlobs) {
    if (!matchesGlob(pattern, bare) && !matchesGlob(pattern, host)) continue;
    const found = ruleAt(paths, path);
    if (found !== undefined) return found;
  }
  return ruleAt(table.anyHost, path);
}

/** The rule of a TLS connection that is passed on as it is. */
export function lookupSni(table: Table, serverName: string): Rule | undefined {
  const name = serverName.toLowerCase();
  const exact = table.sni.get(name);
  if (exact !== undefined) return exact;
  let best: Rule | undefined;
  for (const [pattern, rule] of table.sni) {
    const longer = pattern.length > (best?.source.host.length ?? 0);
    if (longer && isGlob(pattern) && matchesGlob(pattern, name)) best = rule;
  }
  return best;
}

function isSni({ targets }: Rule): boolean {
  return targets[0]?.options.proto === 'tcp+sni';
}

function ruleAt(paths: Paths, path: string): Rule | undefined {
  let prefix: Rule | undefined;
  for (const length of paths.lengths) {
    if (length > path.length) continue;
    prefix = paths.exact.get(path.slice(0, length));
    if (prefix !== undefined) break;
  }
  for (const glob of paths.globs) {
    if (prefix !== undefined && prefix.source.path.length >= glob.source.path.length) break;
    if (matchesGlob(glob.source.path, path)) return glob;
  }
  return prefix;
}

function pathsOf(rules: readonly Rule[]): Paths {
  const plain = rules.filter(({ source }) => !isGlob(source.path));
  const lengths = new Set(plain.map(({ source }) => source.path.length));
  return {
    exact: new Map(plain.map((rule) => [rule.source.path, rule])),
    lengths: [...lengths].sort((a, b) => b - a),
    globs: rules
      .filter(({ source }) => isGlob(source.path))
      .sort((a, b) => byLength(a.source.path, b.source.path)),
  };
}

function ruleOf(key: string, offers: readonly Offer[]): Rule {
  const byId = new Map(offers.map((offer) => [idOf(offer), offer]));
  const sorted = [...byId].sort(([a], [b]) => (a < b ? -1 : 1));
  const weights = weightsOf(
    sorted.map(([, { options, share }]) => ({ fixed: options.weight, share })),
  );
  const targets: readonly Target[] = sorted.map(([id, offer], i) => ({
    ...offer,
    id,
    address: `${offer.destination.host}:${offer.destination.port}`,
    weight: weights[i] ?? 0,
  }));
  const [first] = offers;
  const source = first?.source ?? { host: '', path: '', port: 0 };
  return { key, source, targets, ring: ringOf(weights) };
}

/** The same instance twice for one source is one target. */
function idOf(offer: Offer): string {
  return `${offer.service} ${destinationUrl(offer)}`;
}

function bySource(a: Rule, b: Rule): number {
  return (
    b.source.host.length - a.source.host.length ||
    (a.source.host < b.source.host ? -1 : a.source.host > b.source.host ? 1 : 0) ||
    byLength(a.source.path, b.source.path) ||
    (a.key < b.key ? -1 : 1)
  );
}

/** Longest first; equally long ones by their letters. */
function byLength(a: string, b: string): number {
  return b.length - a.length || (a < b ? -1 : a > b ? 1 : 0);
}

function withoutPort(host: string): string {
  if (!host.includes(':')) return host;
  const colon = host.lastIndexOf(':');
  return colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
}
