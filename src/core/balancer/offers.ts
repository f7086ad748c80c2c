/**
 * What the catalog offers the balancer.
 *
 * C1: a tag that cannot be read is skipped and told; the instance's other tags count.
 */
import { hasTag, type Candidate, type CatalogView } from './catalog-view.ts';
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
export function offersOf(view: CatalogView, prefix: string, read: ReadTags): Offered {
  if (read.size > READ_TAGS_MAX) read.clear();
  const offers: Offer[] = [];
  const problems: string[] = [];
  for (const candidate of view.candidates(prefix)) {
    const { service, id, host, port } = candidate;
    if (host === '' || port === 0) {
      problems.push(`service "${service}" (${id}) has no address and port to route to`);
      continue;
    }
    offers.push(...offersOfOne(candidate, { prefix, read, problems }));
  }
  return { offers, problems };
}

interface Reading {
  readonly prefix: string;
  readonly read: ReadTags;
  readonly problems: string[];
}

function offersOfOne(candidate: Candidate, { prefix, read, problems }: Reading): Offer[] {
  const { service, id, host, port, share } = candidate;
  const offers: Offer[] = [];
  const tags = candidate.tags.filter((tag) => !hasTag([tag], prefix));
  for (const tag of candidate.tags) {
    if (!read.has(tag)) read.set(tag, parseTag(tag, prefix));
    const route = read.get(tag);
    if (route === undefined) continue;
    if (isRefusal(route)) {
      problems.push(`service "${service}": tag "${tag.slice(0, 200)}": ${route.refused}`);
      continue;
    }
    const { source, options } = route;
    const destination = { host, port, path: '' };
    offers.push({ service, source, destination, tags, options, share, from: id });
  }
  return offers;
}

/** The operators' own routes: the values of these keys and of those below them, in order. */
export function overrideText(view: CatalogView, keys: readonly string[]): string {
  const texts: string[] = [];
  for (const own of keys) {
    for (const { key, text } of view.texts(own)) {
      if (key === own || key.startsWith(`${own}/`)) texts.push(text);
    }
  }
  return texts.join('\n');
}
