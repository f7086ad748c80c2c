/**
 * The services of the agent that is asked.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/agent/service
 */
import { CONSUL_HEADERS } from '../../../api/consul/common-query.ts';
import {
  AGENT_SERVICE,
  AGENT_SERVICE_HEALTH,
  type AgentServiceHealth,
} from '../../../api/consul/agent-service-codec.ts';
import * as routes from '../../../api/consul/agent-service-routes.ts';
import { writeJson, type Json } from '../../../base/json.ts';
import { BLOCKING_WAIT_MS, BLOCKING_WAIT_MS_MAX } from '../../../core/limits.ts';
import { serviceRegistration } from '../../../core/registration/service-registration.ts';
import type { HttpReply } from '../../../ports/http.ts';
import type { LocalService } from '../../../ports/registrar.ts';
import { isAborted } from '../../../run/aborted.ts';
import { plainly } from '../deps.ts';
import { invalid, textReply } from '../fail.ts';
import type { Bound } from '../mount.ts';
import {
  agentCheck,
  agentService,
  AGGREGATED_CODES,
  aggregated,
  contentHash,
  type AggregatedStatus,
} from './agent-rows.ts';
import { bind, bindRaw } from './bind.ts';
import type { OwnAgentDeps } from './deps.ts';
import type { OwnAgent } from './own-agent.ts';
import { filtered } from './rows.ts';

/** How often one who waits for a service of this agent to change is looked after [ms]. */
const LOOK_MS = 250;

/** Binds what concerns the services of this agent. */
export function agentServiceHandlers(deps: OwnAgentDeps, own: OwnAgent): readonly Bound[] {
  return [...reads(deps, own), ...health(deps, own), ...changes(own)];
}

function reads(deps: OwnAgentDeps, { registrar }: OwnAgent): readonly Bound[] {
  const { datacenter } = deps.agent;
  return [
    bind(routes.agentServices, ({ query }) => {
      const all = registrar.services().map((each) => agentService(each, datacenter));
      const kept = filtered(all, AGENT_SERVICE, query.filter);
      return plainly(Object.fromEntries(kept.map((each) => [each.id, each])));
    }),
    bindRaw(routes.agentService, async ({ params: { id }, waiting, request, signal }) => {
      const known = request.query.includes('hash=') ? hashOf(request.query) : '';
      const waitMs = Math.min(waiting.waitMs ?? BLOCKING_WAIT_MS, BLOCKING_WAIT_MS_MAX);
      const untilMs = deps.clock.elapsedMs() + (known === '' ? 0 : waitMs);
      let service = registrar.service(id);
      while (service !== undefined && contentHash(service) === known && !isAborted(signal)) {
        if (deps.clock.elapsedMs() >= untilMs) break;
        await deps.clock.sleep(LOOK_MS, signal);
        service = registrar.service(id);
      }
      if (service === undefined) return textReply(404, `unknown service ID: ${id}`);
      return oneService(service, datacenter);
    }),
  ];
}

function hashOf(query: string): string {
  return new URLSearchParams(query).get('hash') ?? '';
}

function oneService(service: LocalService, datacenter: string): HttpReply {
  const hash = contentHash(service);
  const body = { ...agentService(service, datacenter), contentHash: hash };
  return jsonReply(200, AGENT_SERVICE.encode(body, 'full'), {
    [CONSUL_HEADERS.contentHash]: hash,
  });
}

function health(deps: OwnAgentDeps, { registrar }: OwnAgent): readonly Bound[] {
  const { datacenter } = deps.agent;
  const healthOf = (service: LocalService): Health => {
    const { id } = service.facts;
    const checks = registrar
      .checks()
      .filter(({ facts }) => facts.serviceId === '' || facts.serviceId === id)
      .map((check) => agentCheck(registrar.nodeName, check));
    const aggregatedStatus = aggregated(checks);
    return { aggregatedStatus, service: agentService(service, datacenter), checks };
  };
  return [
    bindRaw(routes.agentHealthById, ({ params: { id }, query: { format } }) => {
      const service = registrar.service(id);
      if (service === undefined) {
        return Promise.resolve(nobody(format, `ServiceId ${id} not found`, NO_HEALTH));
      }
      const found = healthOf(service);
      return Promise.resolve(told(format, found.aggregatedStatus, wire(found)));
    }),
    bindRaw(routes.agentHealthByName, ({ params: { name }, query: { format } }) => {
      const found = registrar
        .services()
        .filter(({ facts }) => facts.name === name)
        .map(healthOf);
      if (found.length === 0) {
        return Promise.resolve(nobody(format, `ServiceName ${name} Not Found`, []));
      }
      const status = worstOf(found);
      return Promise.resolve(told(format, status, found.map(wire)));
    }),
  ];
}

interface Health extends AgentServiceHealth {
  readonly aggregatedStatus: AggregatedStatus;
}

const NO_HEALTH: Json = { AggregatedStatus: 'critical', Service: null, Checks: null };

const WORST_FIRST: readonly AggregatedStatus[] = ['maintenance', 'critical', 'warning'];

function worstOf(found: readonly Health[]): AggregatedStatus {
  const statuses = new Set(found.map(({ aggregatedStatus }) => aggregatedStatus));
  return WORST_FIRST.find((status) => statuses.has(status)) ?? 'passing';
}

function wire(health: Health): Json {
  return AGENT_SERVICE_HEALTH.encode(health, 'full');
}

function told(format: string | undefined, status: AggregatedStatus, body: Json): HttpReply {
  const code = AGGREGATED_CODES[status];
  return format === 'text' ? textReply(code, status) : jsonReply(code, body);
}

function nobody(format: string | undefined, text: string, body: Json): HttpReply {
  return format === 'text' ? textReply(404, text) : jsonReply(404, body);
}

function jsonReply(
  status: number,
  body: Json,
  headers: Readonly<Record<string, string>> = {},
): HttpReply {
  return {
    status,
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: writeJson(body),
  };
}

function changes({ registrar, checkOutputMaxBytes }: OwnAgent): readonly Bound[] {
  return [
    bind(routes.registerService, async ({ body, query }) => {
      const settled = serviceRegistration(body, checkOutputMaxBytes);
      if ('problem' in settled) throw invalid(settled.problem);
      const replaceChecks = query.replaceChecks === true;
      await registrar.registerService(settled.made, { replaceChecks });
      return { value: undefined };
    }),
    bind(routes.deregisterService, async ({ params: { id } }) => {
      if (id === '') throw invalid('Missing service ID');
      await registrar.deregisterService(id);
      return { value: undefined };
    }),
    bind(routes.setServiceMaintenance, async ({ params: { id }, query }) => {
      if (id === '') throw invalid('Missing service ID');
      await registrar.setServiceMaintenance(id, maintenanceReason(query));
      return { value: undefined };
    }),
    bind(routes.setMaintenance, async ({ query }) => {
      await registrar.setNodeMaintenance(maintenanceReason(query));
      return { value: undefined };
    }),
  ];
}

/** Undefined: it is over. Fails: `invalid` where it does not say which. */
function maintenanceReason(
  query: Readonly<{ enable?: boolean | undefined; reason?: string | undefined }>,
): string | undefined {
  if (query.enable === undefined) throw invalid('Missing value for enable');
  return query.enable ? (query.reason ?? '') : undefined;
}
