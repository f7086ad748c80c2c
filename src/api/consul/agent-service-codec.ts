/**
 * Services as an agent is told to register them, and as it tells of them, on the wire.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/agent/service
 */
import type { ServiceDescription, ServiceWeights } from '../../core/model/catalog.ts';
import type { HealthCheck } from '../../core/model/health-check.ts';
import type { ServiceWish } from '../../core/registration/wish.ts';
import { OMIT, shape, type Shape } from '../codec/codec.ts';
import { bool, freeForm, int, list, map, maybe, nested } from '../codec/fields.ts';
import { rewritten, text, textMap, texts } from '../codec/fields.ts';
import { CHECK_BODY, withoutNothing, withoutUnderscores } from './agent-check-codec.ts';
import { WRITTEN_FIELDS } from './catalog-body-codec.ts';
import { omitEmpty, SERVICE_ADDRESS, WEIGHTS } from './catalog-codec.ts';
import { HEALTH_CHECK } from './health-codec.ts';

export const AGENT_SERVICE_BODY: Shape<ServiceWish> = rewritten(
  shape<ServiceWish>({
    name: text('Name', OMIT),
    ...WRITTEN_FIELDS,
    check: maybe(nested('Check', CHECK_BODY, OMIT)),
    checks: list('Checks', CHECK_BODY, OMIT),
    token: text('Token', OMIT),
    connect: maybe(freeForm('Connect', OMIT)),
  }),
  withoutNothing,
  withoutUnderscores,
);

/** A service of this agent. */
export interface AgentService extends ServiceDescription {
  readonly weights: ServiceWeights;
  /** Of what was registered: changes with it. Absent in lists. */
  readonly contentHash?: string;
  readonly proxy?: Readonly<Record<string, unknown>>;
  readonly datacenter: string;
}

const SERVICE: Shape<AgentService> = shape({
  kind: text('Kind', OMIT),
  id: text('ID'),
  name: text('Service'),
  tags: texts('Tags', []),
  meta: textMap('Meta', {}),
  port: int('Port'),
  address: text('Address'),
  socketPath: text('SocketPath', OMIT),
  taggedAddresses: map('TaggedAddresses', SERVICE_ADDRESS, OMIT),
  weights: nested('Weights', WEIGHTS),
  enableTagOverride: bool('EnableTagOverride'),
  contentHash: maybe(text('ContentHash', OMIT)),
  proxy: maybe(freeForm('Proxy', OMIT)),
  datacenter: text('Datacenter'),
});

export const AGENT_SERVICE: Shape<AgentService> = omitEmpty(SERVICE, ['Kind', 'SocketPath']);

/** A service of this agent with its checks. */
export interface AgentServiceHealth {
  /** `passing warning critical maintenance`. */
  readonly aggregatedStatus: string;
  readonly service: AgentService;
  readonly checks: readonly HealthCheck[];
}

export const AGENT_SERVICE_HEALTH: Shape<AgentServiceHealth> = shape({
  aggregatedStatus: text('AggregatedStatus'),
  service: nested('Service', AGENT_SERVICE),
  checks: list('Checks', HEALTH_CHECK, []),
});
