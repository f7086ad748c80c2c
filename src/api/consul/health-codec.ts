/** Checks, and instances with their checks, on the wire. */
import type { CatalogNode, ServiceInstance } from '../../core/model/catalog.ts';
import type { HealthCheck } from '../../core/model/health-check.ts';
import { shape, type Shape } from '../codec/codec.ts';
import { freeForm, int, list, nested, text, texts } from '../codec/fields.ts';
import { CATALOG_NODE, SERVICE_INSTANCE } from './catalog-codec.ts';

export const HEALTH_CHECK: Shape<HealthCheck> = shape(
  {
    node: text('Node'),
    id: text('CheckID'),
    name: text('Name'),
    status: text('Status'),
    notes: text('Notes'),
    output: text('Output'),
    serviceId: text('ServiceID'),
    serviceName: text('ServiceName'),
    serviceTags: texts('ServiceTags', []),
    type: text('Type'),
    interval: text('Interval'),
    timeout: text('Timeout'),
    definition: freeForm('Definition', {}),
    allocId: undefined,
    createIndex: int('CreateIndex'),
    modifyIndex: int('ModifyIndex'),
  },
  { ExposedPort: 0 },
);

/** An instance with its node and all that is known of the health of both. */
export interface HealthEntry {
  readonly node: CatalogNode;
  readonly service: ServiceInstance;
  readonly checks: readonly HealthCheck[];
}

export const HEALTH_ENTRY: Shape<HealthEntry> = shape({
  node: nested('Node', CATALOG_NODE),
  service: nested('Service', SERVICE_INSTANCE),
  checks: list('Checks', HEALTH_CHECK, []),
});
