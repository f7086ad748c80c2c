/**
 * Where the log lies in etcd, under one prefix.
 *
 * | key | value |
 * |---|---|
 * | `seat/leader` | who may write: JSON |
 * | `seat/beat` | nothing; put by the leader as a sign of life |
 * | `head` | index of the newest entry, decimal |
 * | `kept/ID` | what a server says of its disk and its build (see kept-claims.ts): JSON |
 * | `log/FIRST-LAST` | a batch (see batch.ts); never changed, deleted when compacted |
 * | `part/FIRST-TERM-N` | a further piece of a batch that is too large for one key |
 */
import type { Index } from '../../base/brand.ts';

/** Indexes are below 2^53, which has 16 digits; padded, they sort as text. */
const DIGITS = 16;

const pad = (value: number): string => String(value).padStart(DIGITS, '0');

export interface LogKeys {
  readonly leader: string;
  readonly beat: string;
  /** Everything about leadership, as a range. */
  readonly seat: { readonly key: string; readonly end: string };
  readonly head: string;
  /** What all servers have said of their disks, as a range. */
  readonly claims: { readonly key: string; readonly end: string };
  /** @param id of a server */
  kept(id: string): string;
  /** All batches, as a range. */
  readonly log: { readonly key: string; readonly end: string };
  batch(first: number, last: number): string;
  /** Comes before every batch that begins at `index` or later, and after all that begin before. */
  batchesFrom(index: number): string;
  /** Undefined for a key that is no batch's. */
  spanOf(key: string): { readonly first: Index; readonly last: Index } | undefined;
  /** All further pieces of one batch, as a range. */
  parts(first: number, term: number): { readonly key: string; readonly end: string };
  part(first: number, term: number, n: number): string;
  /** The pieces of all batches that begin before `index`, as a range. */
  partsBefore(index: number): { readonly key: string; readonly end: string };
}

/** @param prefix ends in a slash; clusters that share an etcd differ in it */
export function logKeys(prefix: string): LogKeys {
  const log = `${prefix}log/`;
  const part = `${prefix}part/`;
  return {
    leader: `${prefix}seat/leader`,
    beat: `${prefix}seat/beat`,
    seat: { key: `${prefix}seat/`, end: `${prefix}seat0` },
    head: `${prefix}head`,
    claims: { key: `${prefix}kept/`, end: `${prefix}kept0` },
    kept: (id) => `${prefix}kept/${id}`,
    log: { key: log, end: `${prefix}log0` },
    batch: (first, last) => `${log}${pad(first)}-${pad(last)}`,
    batchesFrom: (index) => `${log}${pad(index)}`,
    spanOf(key) {
      const span = key.startsWith(log) ? SPAN.exec(key.slice(log.length)) : null;
      if (span === null) return undefined;
      return { first: Number(span[1]) as Index, last: Number(span[2]) as Index };
    },
    parts(first, term) {
      const stem = `${part}${pad(first)}-${pad(term)}`;
      return { key: `${stem}-`, end: `${stem}.` };
    },
    part: (first, term, n) => `${part}${pad(first)}-${pad(term)}-${pad(n)}`,
    partsBefore: (index) => ({ key: part, end: `${part}${pad(index)}` }),
  };
}

const SPAN = /^(\d{16})-(\d{16})$/;
