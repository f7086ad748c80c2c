/**
 * Services as an agent is told to register them, and as it tells of them, on the wire.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/agent/service
 */
import type { ServiceAddress, ServiceKind, ServiceWeights } from '../../core/model/catalog.ts';
import type { HealthCheck } from '../../core/model/health-check.ts';
import type { ServiceWish } from '../../core/registration/wish.ts';
import { OMIT, shape, type Shape } from '../codec/codec.ts';
import { bool, freeForm, int, list, map, maybe, nested } from '../codec/fields.ts';
import { rewritten, text, textMap, texts } from '../codec/fields.ts';
import { CHECK_BODY, withoutNothing, withoutUnderscores } from './agent-check-codec.ts';
import { omitEmpty, SERVICE_ADDRESS, WEIGHTS } from './catalog-codec.ts';
import { HEALTH_CHECK } from './health-codec.ts';

export const AGENT_SERVICE_BODY: Shape<ServiceWish> = rewritten(
  shape<ServiceWish>({
    kind: text('Kind', OMIT),
    id: text('ID', OMIT),
    name: text('Name', OMIT),
    tags: texts('Tags', OMIT),
    address: text('Address', OMIT),
    taggedAddresses: map('TaggedAddresses', SERVICE_ADDRESS, OMIT),
    meta: textMap('Meta', OMIT),
    port: int('Port', OMIT),
    socketPath: text('SocketPath', OMIT),
    check: maybe(nested('Check', CHECK_BODY, OMIT)),
    checks: list('Checks', CHECK_BODY, OMIT),
    weights: maybe(nested('Weights', WEIGHTS, OMIT)),
    enableTagOverride: bool('EnableTagOverride', OMIT),
    token: text('Token', OMIT),
    proxy: maybe(freeForm('Proxy', OMIT)),
    connect: maybe(freeForm('Connect', OMIT)),
  }),
  withoutNothing,
  withoutUnderscores,
);

/** A service of this agent. */
export interface AgentService {
  readonly kind: ServiceKind;
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  readonly port: number;
  readonly address: string;
  readonly socketPath: string;
  readonly taggedAddresses: Readonly<Record<string, ServiceAddress>>;
  readonly weights: ServiceWeights;
  readonly enableTagOverride: boolean;
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
