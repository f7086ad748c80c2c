/** Prepared queries on the wire. */
import type {
  PreparedQuery,
  PreparedQueryFacts,
  QueryService,
  QueryTemplate,
} from '../../core/model/prepared-query.ts';
import { shape, type Shape } from '../codec/codec.ts';
import { bool, int, list, maybe, nested, text, textMap, texts } from '../codec/fields.ts';
import { TTL } from './duration-codec.ts';
import { HEALTH_ENTRY, type HealthEntry } from './health-codec.ts';

const SERVICE: Shape<QueryService> = shape(
  {
    service: text('Service'),
    failover: nested(
      'Failover',
      shape<QueryService['failover']>(
        { nearestN: int('NearestN'), datacenters: texts('Datacenters') },
        { Targets: null },
      ),
    ),
    onlyPassing: bool('OnlyPassing'),
    ignoreCheckIds: texts('IgnoreCheckIDs'),
    near: text('Near'),
    tags: texts('Tags'),
    nodeMeta: textMap('NodeMeta'),
    serviceMeta: textMap('ServiceMeta'),
    connect: bool('Connect'),
  },
  { SamenessGroup: '', Peer: '' },
);

const TEMPLATE: Shape<QueryTemplate> = shape({
  type: text('Type'),
  regexp: text('Regexp'),
  removeEmptyTags: bool('RemoveEmptyTags'),
});

const DNS: Shape<PreparedQueryFacts['dns']> = shape({ ttlMs: nested('TTL', TTL, '') });

const NO_TEMPLATE = { Type: '', Regexp: '', RemoveEmptyTags: false } as const;

/** A template without a type is none, on the wire. */
const WIRE: Shape<PreparedQuery> = shape({
  id: text('ID'),
  name: text('Name'),
  session: maybe(text('Session')),
  token: text('Token'),
  template: maybe(nested('Template', TEMPLATE, NO_TEMPLATE)),
  service: nested('Service', SERVICE),
  dns: nested('DNS', DNS),
  createIndex: int('CreateIndex'),
  modifyIndex: int('ModifyIndex'),
});

export const PREPARED_QUERY: Shape<PreparedQuery> = {
  ...WIRE,
  decode: (raw, path, to) => {
    const query = WIRE.decode(raw, path, to) as PreparedQuery | undefined;
    if (query?.template === undefined || (query.template.type as string) !== '') return query;
    return Object.fromEntries(Object.entries(query).filter(([name]) => name !== 'template'));
  },
};

export const QUERY_ID: Shape<{ readonly id: string }> = shape({ id: text('ID') });

/** What a query found. */
export interface QueryAnswer {
  readonly service: string;
  readonly nodes: readonly HealthEntry[];
  readonly dns: PreparedQueryFacts['dns'];
  readonly datacenter: string;
  /** Datacenters that were asked before one had an answer. */
  readonly failovers: number;
}

export const QUERY_ANSWER: Shape<QueryAnswer> = shape(
  {
    service: text('Service'),
    nodes: list('Nodes', HEALTH_ENTRY, []),
    dns: nested('DNS', DNS),
    datacenter: text('Datacenter'),
    failovers: int('Failovers'),
  },
  { LastContact: 0, KnownLeader: true },
);

/** The query that a name leads to, its template filled in. */
export interface Explained {
  readonly query: PreparedQuery;
}

export const EXPLAINED: Shape<Explained> = shape({ query: nested('Query', PREPARED_QUERY) });
