/** What lists have in common: a filter, an order, pages. */
import { filterBy } from '../../api/filter.ts';
import type { Codec } from '../../api/codec/codec.ts';
import type { LIST_QUERY } from '../../api/nomad/list-query.ts';
import type { QueryOf } from '../../api/query.ts';
import { invalid } from './fail.ts';

export type Listing = QueryOf<typeof LIST_QUERY>;

/** One page of a list, and where the next one begins. */
export interface Page<T> {
  readonly value: readonly T[];
  readonly nextToken?: string;
}

/**
 * Applies a listing's filter, order and page.
 *
 * @param items in the order of `tokenOf`
 * @param item the codec whose wire form the filter speaks of
 * @param tokenOf names an item within the order; unique
 */
export function listing<T>(
  items: readonly T[],
  item: Codec<T>,
  query: Listing,
  tokenOf: (one: T) => string,
): Page<T> {
  const kept = filtered(items, item, query.filter);
  const ordered = query.reverse === true ? [...kept].reverse() : kept;
  const from =
    query.nextToken === undefined || query.nextToken === '' ? 0 : start(ordered, query, tokenOf);
  const perPage = query.perPage ?? 0;
  if (perPage <= 0) return { value: from === 0 ? ordered : ordered.slice(from) };
  const next = ordered[from + perPage];
  const value = ordered.slice(from, from + perPage);
  return next === undefined ? { value } : { value, nextToken: tokenOf(next) };
}

function filtered<T>(
  items: readonly T[],
  item: Codec<T>,
  filter: string | undefined,
): readonly T[] {
  if (filter === undefined || filter.trim() === '') return items;
  const keep = filterBy(filter);
  if ('mistake' in keep) throw invalid(`failed to read filter expression: ${keep.mistake}`);
  return items.filter((one) => keep.test(item.encode(one, 'full')));
}

/** The token's item may be gone: the list goes on with what would follow it. */
function start<T>(items: readonly T[], query: Listing, tokenOf: (one: T) => string): number {
  const token = query.nextToken ?? '';
  const at = items.findIndex((one) => tokenOf(one) === token);
  if (at >= 0) return at;
  const after = items.findIndex((one) =>
    query.reverse === true ? tokenOf(one) < token : tokenOf(one) > token,
  );
  return after < 0 ? items.length : after;
}
