/**
 * What the catalog offers the balancer.
 *
 * C1: only instances whose own and whose node's checks all pass are offered; one in maintenance has
 *     a check that does not.
 * C2: a tag that cannot be read is skipped and told; the instance's other tags count.
 */
import { fromBase64 } from '../../base/base64.ts';
import type { ServiceInstance } from '../model/catalog.ts';
import { worst, type HealthCheck } from '../model/health-check.ts';
import type { StateReader } from '../state/snapshot.ts';
import { isRefusal, type Refusal } from './options.ts';
import type { Offer } from './rule.ts';
import { parseTag, type TagRoute } from './tag.ts';

export interface Offered {
  readonly offers: readonly Offer[];
  /** What was skipped, and why, for people. */
  readonly problems: readonly string[];
}

/** Tags read before, so that a change of one instance does not read all others' again. */
export type ReadTags = Map<string, TagRoute | Refusal | undefined>;

/** Tags remembered; beyond, all are read anew. */
const READ_TAGS_MAX = 50_000;

/** @param prefix of the tags that are meant: `urlprefix-` */
export function offersOf(state: StateReader, prefix: string, read: ReadTags): Offered {
  if (read.size > READ_TAGS_MAX) read.clear();
  const offers: Offer[] = [];
  const problems: string[] = [];
  for (const row of state.services()) {
    if (row.kind !== '' || !row.tags.some((tag) => tag.trimStart().startsWith(prefix))) continue;
    if (!passes(state, row)) continue;
    const host = row.address === '' ? (state.catalogNode(row.node)?.address ?? '') : row.address;
    if (host === '' || row.port === 0) {
      problems.push(`service "${row.name}" (${row.id}) has no address and port to route to`);
      continue;
    }
    offers.push(...offersOfRow(row, host, { prefix, read, problems }));
  }
  return { offers, problems };
}

interface Reading {
  readonly prefix: string;
  readonly read: ReadTags;
  readonly problems: string[];
}

function offersOfRow(
  row: ServiceInstance,
  host: string,
  { prefix, read, problems }: Reading,
): Offer[] {
  const offers: Offer[] = [];
  const tags = row.tags.filter((tag) => !tag.trimStart().startsWith(prefix));
  for (const tag of row.tags) {
    if (!read.has(tag)) read.set(tag, parseTag(tag, prefix));
    const route = read.get(tag);
    if (route === undefined) continue;
    if (isRefusal(route)) {
      problems.push(`service "${row.name}": tag "${tag.slice(0, 200)}": ${route.refused}`);
      continue;
    }
    offers.push({
      service: row.name,
      source: route.source,
      destination: { host, port: row.port, path: '' },
      tags,
      options: route.options,
      share: row.weights.passing,
      from: row.id,
    });
  }
  return offers;
}

function passes(state: StateReader, row: ServiceInstance): boolean {
  return (
    statusOf(state.checksOfInstance(row.node, row.id)) === 'passing' &&
    statusOf(state.checksOfNode(row.node)) === 'passing'
  );
}

function statusOf(checks: Iterable<HealthCheck>): string {
  return worst(Array.from(checks, ({ status }) => status));
}

/** The operators' own routes: the values of all keys that begin with one of these, in order. */
export function overrideText(state: StateReader, prefixes: readonly string[]): string {
  const texts: string[] = [];
  for (const prefix of prefixes) {
    for (const pair of state.kvPairs(prefix)) {
      if (pair.key !== prefix && !pair.key.startsWith(`${prefix}/`)) continue;
      const bytes = fromBase64(pair.value);
      if (bytes !== undefined) texts.push(new TextDecoder().decode(bytes));
    }
  }
  return texts.join('\n');
}
