/**
 * Transactions on the wire: what was asked, each operation under the name of its kind.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/txn
 */
import type { Index } from '../../base/brand.ts';
import type { CatalogNode, ServiceInstance } from '../../core/model/catalog.ts';
import type { HealthCheck } from '../../core/model/health-check.ts';
import type { KvPair } from '../../core/model/kv.ts';
import { OMIT, shape, type Shape } from '../codec/codec.ts';
import { int, list, maybe, nested, text, textMap } from '../codec/fields.ts';
import {
  CATALOG_CHECK_BODY,
  SERVICE_BODY,
  type CatalogCheckBody,
  type ServiceBody,
} from './catalog-body-codec.ts';
import { CATALOG_NODE, SERVICE_INSTANCE } from './catalog-codec.ts';
import { HEALTH_CHECK } from './health-codec.ts';
import { BASE64, KV_PAIR, UINT64 } from './kv-codec.ts';

export interface KvOpBody {
  /** `set cas lock unlock get get-or-empty get-tree check-index check-session ...` */
  readonly verb: string;
  readonly key: string;
  /** Base64. */
  readonly value: string;
  /** Unsigned 64-bit, decimal text. */
  readonly flags: string;
  readonly index: Index;
  readonly session: string;
}

const KV_OP: Shape<KvOpBody> = shape({
  verb: text('Verb'),
  key: text('Key'),
  value: nested('Value', BASE64, OMIT),
  flags: nested('Flags', UINT64, 0),
  index: int('Index', OMIT),
  session: text('Session', OMIT),
});

/** A node as an operation names it. */
export interface TxnNodeBody {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly datacenter: string;
  readonly taggedAddresses: Readonly<Record<string, string>>;
  readonly meta: Readonly<Record<string, string>>;
  readonly modifyIndex: Index;
}

const NODE_BODY: Shape<TxnNodeBody> = shape({
  id: text('ID', OMIT),
  name: text('Node'),
  address: text('Address', OMIT),
  datacenter: text('Datacenter', OMIT),
  taggedAddresses: textMap('TaggedAddresses', OMIT),
  meta: textMap('Meta', OMIT),
  modifyIndex: int('ModifyIndex', OMIT),
});

export interface NodeOpBody {
  readonly verb: string;
  readonly node: TxnNodeBody;
}

export interface ServiceOpBody {
  readonly verb: string;
  /** Name of the node. */
  readonly node: string;
  readonly service: ServiceBody;
}

export interface CheckOpBody {
  readonly verb: string;
  readonly check: CatalogCheckBody;
}

export interface SessionOpBody {
  readonly verb: string;
  readonly session: Readonly<{ id: string }>;
}

/** Exactly one of them, or the handler refuses. */
export interface TxnOpBody {
  readonly kv?: KvOpBody;
  readonly node?: NodeOpBody;
  readonly service?: ServiceOpBody;
  readonly check?: CheckOpBody;
  readonly session?: SessionOpBody;
}

export const TXN_OP: Shape<TxnOpBody> = shape({
  kv: maybe(nested('KV', KV_OP, OMIT)),
  node: maybe(
    nested(
      'Node',
      shape<NodeOpBody>({ verb: text('Verb'), node: nested('Node', NODE_BODY) }),
      OMIT,
    ),
  ),
  service: maybe(
    nested(
      'Service',
      shape<ServiceOpBody>({
        verb: text('Verb'),
        node: text('Node'),
        service: nested('Service', SERVICE_BODY),
      }),
      OMIT,
    ),
  ),
  check: maybe(
    nested(
      'Check',
      shape<CheckOpBody>({ verb: text('Verb'), check: nested('Check', CATALOG_CHECK_BODY) }),
      OMIT,
    ),
  ),
  session: maybe(
    nested(
      'Session',
      shape<SessionOpBody>({
        verb: text('Verb'),
        session: nested('Session', shape<SessionOpBody['session']>({ id: text('ID') })),
      }),
      OMIT,
    ),
  ),
});

/** What one operation left behind; operations that delete answer nothing. */
export interface TxnResult {
  /** Without its value, except for reads. */
  readonly kv?: KvPair;
  readonly node?: CatalogNode;
  readonly service?: ServiceInstance;
  readonly check?: HealthCheck;
}

export interface TxnError {
  /** Position of the operation, from 0. */
  readonly opIndex: number;
  readonly what: string;
}

export interface TxnAnswer {
  readonly results: readonly TxnResult[];
  readonly errors: readonly TxnError[];
}

const RESULT: Shape<TxnResult> = shape({
  kv: maybe(nested('KV', KV_PAIR, OMIT)),
  node: maybe(nested('Node', CATALOG_NODE, OMIT)),
  service: maybe(nested('Service', SERVICE_INSTANCE, OMIT)),
  check: maybe(nested('Check', HEALTH_CHECK, OMIT)),
});

export const TXN_ANSWER: Shape<TxnAnswer> = shape({
  results: list('Results', RESULT),
  errors: list('Errors', shape<TxnError>({ opIndex: int('OpIndex'), what: text('What') })),
});
