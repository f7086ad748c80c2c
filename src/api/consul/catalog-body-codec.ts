/** What is put into the catalog from outside, on the wire. */
import type { JsonObject } from '../../base/json.ts';
import type { ServiceDescription, ServiceKind, ServiceWeights } from '../../core/model/catalog.ts';
import type { HealthStatus } from '../../core/model/health-check.ts';
import { OMIT, shape, type Shape } from '../codec/codec.ts';
import {
  bool,
  freeForm,
  int,
  list,
  map,
  maybe,
  nested,
  text,
  textMap,
  texts,
} from '../codec/fields.ts';
import { SERVICE_ADDRESS, WEIGHTS } from './catalog-codec.ts';

/** Of an instance, where nothing need be said. */
export const WRITTEN_FIELDS = {
  kind: text<ServiceKind>('Kind', OMIT),
  id: text('ID', OMIT),
  tags: texts('Tags', OMIT),
  address: text('Address', OMIT),
  taggedAddresses: map('TaggedAddresses', SERVICE_ADDRESS, OMIT),
  meta: textMap('Meta', OMIT),
  port: int('Port', OMIT),
  socketPath: text('SocketPath', OMIT),
  weights: maybe(nested('Weights', WEIGHTS, OMIT)),
  enableTagOverride: bool('EnableTagOverride', OMIT),
  proxy: maybe(freeForm('Proxy', OMIT)),
};

/** An instance as its registrant writes it: empty is as absent, and an empty id is the name. */
export interface ServiceBody extends ServiceDescription {
  readonly weights?: ServiceWeights;
  readonly proxy?: JsonObject;
  /** For comparisons inside transactions. */
  readonly modifyIndex: number;
}

export const SERVICE_BODY: Shape<ServiceBody> = shape({
  name: text('Service'),
  ...WRITTEN_FIELDS,
  modifyIndex: int('ModifyIndex', OMIT),
});

/** A check as an external monitor writes it. */
export interface CatalogCheckBody {
  /** Empty: the node that is registered with it. */
  readonly node: string;
  /** Empty: as the name. */
  readonly id: string;
  readonly name: string;
  /** Empty: critical. */
  readonly status: HealthStatus | '';
  readonly notes: string;
  readonly output: string;
  readonly serviceId: string;
  readonly serviceName: string;
  readonly type: string;
  readonly interval: string;
  readonly timeout: string;
  readonly definition: JsonObject;
  /** For comparisons inside transactions. */
  readonly modifyIndex: number;
}

export const CATALOG_CHECK_BODY: Shape<CatalogCheckBody> = shape({
  node: text('Node', OMIT),
  id: text('CheckID', OMIT),
  name: text('Name'),
  status: text('Status'),
  notes: text('Notes', OMIT),
  output: text('Output', OMIT),
  serviceId: text('ServiceID', OMIT),
  serviceName: text('ServiceName', OMIT),
  type: text('Type', OMIT),
  interval: text('Interval', OMIT),
  timeout: text('Timeout', OMIT),
  definition: freeForm('Definition', OMIT),
  modifyIndex: int('ModifyIndex', OMIT),
});

/** A node with what it offers. */
export interface RegisterBody {
  readonly datacenter: string;
  readonly id: string;
  readonly node: string;
  readonly address: string;
  readonly taggedAddresses: Readonly<Record<string, string>>;
  readonly nodeMeta: Readonly<Record<string, string>>;
  readonly skipNodeUpdate: boolean;
  readonly service?: ServiceBody;
  readonly check?: CatalogCheckBody;
  readonly checks: readonly CatalogCheckBody[];
}

export const REGISTER_BODY: Shape<RegisterBody> = shape({
  datacenter: text('Datacenter', OMIT),
  id: text('ID', OMIT),
  node: text('Node'),
  address: text('Address'),
  taggedAddresses: textMap('TaggedAddresses', OMIT),
  nodeMeta: textMap('NodeMeta', OMIT),
  skipNodeUpdate: bool('SkipNodeUpdate', OMIT),
  service: maybe(nested('Service', SERVICE_BODY, OMIT)),
  check: maybe(nested('Check', CATALOG_CHECK_BODY, OMIT)),
  checks: list('Checks', CATALOG_CHECK_BODY, OMIT),
});

/** With neither service nor check: the node with all it offers. */
export interface DeregisterBody {
  readonly datacenter: string;
  readonly node: string;
  readonly serviceId: string;
  readonly checkId: string;
}

export const DEREGISTER_BODY: Shape<DeregisterBody> = shape({
  datacenter: text('Datacenter', OMIT),
  node: text('Node'),
  serviceId: text('ServiceID', OMIT),
  checkId: text('CheckID', OMIT),
});
