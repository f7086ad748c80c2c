/**
 * What the balancer looks at of the cluster: the same whether it comes from this agent's own state
 * or was asked of another agent.
 *
 * V1: only instances whose own and whose node's checks all pass are in it; one in maintenance has a
 *     check that does not.
 */
import { fromBase64 } from '../../base/base64.ts';
import type { ServiceInstance } from '../model/catalog.ts';
import { worst, type HealthCheck } from '../model/health-check.ts';
import type { StateReader } from '../state/snapshot.ts';

/** An instance that may have traffic. */
export interface Candidate {
  readonly service: string;
  readonly id: string;
  /** Empty: it has none. */
  readonly host: string;
  /** 0: it has none. */
  readonly port: number;
  readonly tags: readonly string[];
  /** Its part of the traffic, relative to its neighbours. */
  readonly share: number;
}

export interface KeyText {
  readonly key: string;
  readonly text: string;
}

export interface CatalogView {
  /** All that pass (V1) and have a tag that begins so. */
  candidates(tagPrefix: string): Iterable<Candidate>;
  /** Keys that begin so, in their order. */
  texts(prefix: string): Iterable<KeyText>;
}

/** As of this state. */
export function viewOf(state: StateReader): CatalogView {
  return {
    candidates: (tagPrefix) => candidatesOf(state, tagPrefix),
    texts: (prefix) => textsOf(state, prefix),
  };
}

export function hasTag(tags: readonly string[], prefix: string): boolean {
  return tags.some((tag) => tag.trimStart().startsWith(prefix));
}

function* candidatesOf(state: StateReader, tagPrefix: string): Generator<Candidate> {
  for (const row of state.services()) {
    if (row.kind !== '' || !hasTag(row.tags, tagPrefix) || !passes(state, row)) continue;
    const { name: service, id, port, tags } = row;
    const host = row.address === '' ? (state.catalogNode(row.node)?.address ?? '') : row.address;
    yield { service, id, host, port, tags, share: row.weights.passing };
  }
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

function* textsOf(state: StateReader, prefix: string): Generator<KeyText> {
  for (const { key, value } of state.kvPairs(prefix)) {
    const bytes = fromBase64(value);
    if (bytes !== undefined) yield { key, text: new TextDecoder().decode(bytes) };
  }
}
