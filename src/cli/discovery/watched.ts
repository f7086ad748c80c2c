/**
 * What can be watched: reads that block until their answer may be another one, and their answers
 * as handlers get them.
 *
 * Source: https://developer.hashicorp.com/consul/docs/automate/watch
 */
import type { Api, CommonQuery, Told } from '../../api/api.ts';
import { listCatalogNodes, listServices } from '../../api/consul/catalog-routes.ts';
import { listEvents } from '../../api/consul/event-routes.ts';
import { checksInState, serviceChecks, serviceHealth } from '../../api/consul/health-routes.ts';
import { KV_PAIR } from '../../api/consul/kv-codec.ts';
import { readPairs } from '../../api/consul/kv-routes.ts';
import type { Codec } from '../../api/codec/codec.ts';
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import type { Json } from '../../base/json.ts';
import type { KvPair } from '../../core/model/kv.ts';

/** What to watch, by the names of the flags. */
export interface WatchOptions {
  readonly type: string;
  readonly key: string;
  readonly prefix: string;
  readonly service: string;
  readonly tags: readonly string[];
  readonly passingOnly: boolean;
  readonly state: string;
  readonly name: string;
}

export interface Seen {
  /** Its index, exactly as it was told. */
  readonly at: string;
  /** Where the next read goes on; absent: from the beginning. */
  readonly after?: string;
  /** As a handler gets it; `null` where there is nothing, absent where nothing is new. */
  readonly json?: Json;
}

/** Where a read goes on; without `after` it does not block. */
export interface From {
  readonly after?: string;
  readonly waitMs?: number;
}

/** Reads once. */
export type Watched = (from: From, signal: AbortSignal) => Promise<Seen>;

/** Makes the read. Fails: `invalid` an unknown type, something missing or too much. */
export function watched(api: Api, options: WatchOptions): Watched {
  const kind = KINDS[options.type];
  if (options.type === '') throw new Failure('invalid', 'Watch type must be specified');
  if (options.type.startsWith('connect_') || options.type === 'agent_service') {
    throw new Failure('unsupported', `Watches of type ${options.type} need a mesh: there is none`);
  }
  if (kind === undefined) throw new Failure('invalid', `Unsupported watch type: ${options.type}`);
  return kind(api, options);
}

type Kind = (api: Api, options: WatchOptions) => Watched;

const KINDS: Readonly<Record<string, Kind | undefined>> = {
  key: (api, { key }) => {
    need(key, 'Must specify a single key to watch');
    return reads(async (query, signal) => {
      const answer = await pairs(api, key, { query, signal });
      const pair = answer.value[0];
      return { ...answer, json: pair === undefined ? null : pairJson(pair) };
    });
  },
  keyprefix: (api, { prefix }) => {
    need(prefix, 'Must specify a single prefix to watch');
    return reads(async (query, signal) => {
      const answer = await pairs(api, prefix, { query: { ...query, recurse: true }, signal });
      return { ...answer, json: answer.value.length === 0 ? null : answer.value.map(pairJson) };
    });
  },
  services: (api) =>
    reads(async (query, signal) =>
      told(listServices.reply, await api.tell(listServices, { query }, signal)),
    ),
  nodes: (api) =>
    reads(async (query, signal) =>
      told(listCatalogNodes.reply, await api.tell(listCatalogNodes, { query }, signal)),
    ),
  service: (api, { service, tags, passingOnly }) => {
    need(service, 'Must specify a single service to watch');
    const params = { service };
    const own = { ...(tags.length > 0 ? { tags } : {}), ...(passingOnly ? { passing: true } : {}) };
    return reads(async (query, signal) => {
      const input = { params, query: { ...own, ...query } };
      return told(serviceHealth.reply, await api.tell(serviceHealth, input, signal));
    });
  },
  checks: (api, { service, state }) => {
    if (service !== '' && state !== '') {
      throw new Failure('invalid', 'Cannot specify service and state');
    }
    return service === '' ? stateChecks(api, state === '' ? 'any' : state) : checksOf(api, service);
  },
  event: (api, { name }) => events(api, name),
};

function stateChecks(api: Api, state: string): Watched {
  const params = { state };
  return reads(async (query, signal) =>
    told(checksInState.reply, await api.tell(checksInState, { params, query }, signal)),
  );
}

function checksOf(api: Api, service: string): Watched {
  const params = { service };
  return reads(async (query, signal) =>
    told(serviceChecks.reply, await api.tell(serviceChecks, { params, query }, signal)),
  );
}

interface Answer {
  readonly index: Index;
  readonly json: Json;
}

/** A read that blocks by an index of the log. */
function reads(read: (query: CommonQuery, signal: AbortSignal) => Promise<Answer>): Watched {
  return async ({ after, waitMs }, signal) => {
    const asked = after === undefined ? {} : { index: Number(after), waitMs };
    const { index, json } = await read(asked, signal);
    // Servers that were put back to an older state begin anew.
    const goesOn = index > 0 && index >= Number(after ?? 0);
    return { at: String(index), ...(goesOn ? { after: String(index) } : {}), json };
  };
}

function need(value: string, message: string): void {
  if (value === '') throw new Failure('invalid', message);
}

async function pairs(
  api: Api,
  key: string,
  of: Readonly<{ query: CommonQuery & { recurse?: boolean }; signal: AbortSignal }>,
): Promise<Pick<Told<readonly KvPair[]>, 'index' | 'value'>> {
  try {
    return await api.tell(readPairs, { params: { key }, query: of.query }, of.signal);
  } catch (error) {
    if (!(error instanceof Failure) || error.fault !== 'not_found') throw error;
    return { index: Number(error.facts['index'] ?? 0) as Index, value: [] };
  }
}

/** A pair as Go's client has it: every field, in its order. */
function pairJson(pair: KvPair): Json {
  const wire = KV_PAIR.encode(pair, 'full');
  return {
    Key: pair.key,
    CreateIndex: pair.createIndex,
    ModifyIndex: pair.modifyIndex,
    LockIndex: pair.lockIndex,
    Flags: wire['Flags'] ?? 0,
    Value: wire['Value'] ?? null,
    Session: pair.session ?? '',
  };
}

function told<T>(codec: Codec<T> | undefined, { index, value }: Told<T>): Answer {
  return { index, json: codec?.encode(value, 'full') ?? null };
}

/** Each event is shown once: only those behind the last one that was. */
function events(api: Api, name: string): Watched {
  let last: string | undefined;
  return async ({ after, waitMs }, signal) => {
    const own = name === '' ? {} : { name };
    const waiting = after === undefined ? {} : { afterEvent: after, waitMs };
    const answer = await api.tell(listEvents, { query: { ...own, ...waiting } }, signal);
    const { value, exactIndex } = answer;
    const fresh = value.slice(value.findIndex(({ id }) => id === last) + 1);
    last = value.at(-1)?.id ?? last;
    return {
      at: exactIndex,
      ...(Number(exactIndex) > 0 ? { after: exactIndex } : {}),
      ...(fresh.length === 0 ? {} : { json: listEvents.reply?.encode(fresh, 'full') ?? null }),
    };
  };
}
