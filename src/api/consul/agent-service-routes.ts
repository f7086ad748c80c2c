/** What this agent registers. Source: https://developer.hashicorp.com/consul/api-docs/agent */
import type { HealthStatus } from '../../core/model/health-check.ts';
import { OMIT, shape } from '../codec/codec.ts';
import { listOf, mapOf, text } from '../codec/fields.ts';
import { queryFlag, queryText } from '../query.ts';
import { ask, change } from '../route.ts';
import { CHECK_BODY } from './agent-check-codec.ts';
import { AGENT_SERVICE, AGENT_SERVICE_BODY, AGENT_SERVICE_HEALTH } from './agent-service-codec.ts';
import { HEALTH_CHECK } from './health-codec.ts';
import { FILTER } from './rows-query.ts';

export const agentServices = ask({
  name: 'agent.services',
  path: '/v1/agent/services',
  about: 'The services that this agent registers, by id.',
  query: FILTER,
  reply: mapOf(AGENT_SERVICE),
});

export const agentService = ask({
  name: 'agent.service.read',
  path: '/v1/agent/service/*id',
  about: 'One service of this agent; `?hash=` waits until it is another.',
  reply: AGENT_SERVICE,
});

const FORMAT = { format: queryText('format', '`text`: the status and nothing else') } as const;

/** 200 passing, 429 warning, 503 critical, 404 none. */
export const agentHealthByName = ask({
  name: 'agent.health.name',
  path: '/v1/agent/health/service/name/:name',
  about: 'How the instances of a service on this agent fare; the status code tells the worst.',
  query: FORMAT,
  reply: listOf(AGENT_SERVICE_HEALTH),
});

export const agentHealthById = ask({
  name: 'agent.health.id',
  path: '/v1/agent/health/service/id/:id',
  about: 'How one instance on this agent fares; the status code tells it too.',
  query: FORMAT,
  reply: AGENT_SERVICE_HEALTH,
});

export const registerService = change({
  name: 'agent.service.register',
  path: '/v1/agent/service/register',
  about: 'Registers a service of this agent, with checks.',
  query: {
    replaceChecks: queryFlag('replace-existing-checks', 'checks that are not told again go'),
  },
  body: AGENT_SERVICE_BODY,
});

export const deregisterService = change({
  name: 'agent.service.deregister',
  path: '/v1/agent/service/deregister/*id',
  about: 'Takes a service of this agent out of the catalog, with its checks.',
});

const MAINTENANCE = {
  enable: queryFlag('enable', 'holds it back, or no longer'),
  reason: queryText('reason', 'why'),
} as const;

export const setServiceMaintenance = change({
  name: 'agent.service.maintenance',
  path: '/v1/agent/service/maintenance/*id',
  about: 'Holds one service of this agent back.',
  query: MAINTENANCE,
});

export const agentChecks = ask({
  name: 'agent.checks',
  path: '/v1/agent/checks',
  about: 'The checks of this agent, by id.',
  query: FILTER,
  reply: mapOf(HEALTH_CHECK),
});

export const registerCheck = change({
  name: 'agent.check.register',
  path: '/v1/agent/check/register',
  about: 'Registers a check of this agent, or of one of its services.',
  body: CHECK_BODY,
});

export const deregisterCheck = change({
  name: 'agent.check.deregister',
  path: '/v1/agent/check/deregister/*id',
  about: 'Takes a check of this agent away.',
});

const NOTE = { note: queryText('note', 'what it found, for people') } as const;

export const passCheck = change({
  name: 'agent.check.pass',
  path: '/v1/agent/check/pass/*id',
  about: 'Reports that a check with a time to live passes.',
  query: NOTE,
});

export const warnCheck = change({
  name: 'agent.check.warn',
  path: '/v1/agent/check/warn/*id',
  about: 'Reports that a check with a time to live warns.',
  query: NOTE,
});

export const failCheck = change({
  name: 'agent.check.fail',
  path: '/v1/agent/check/fail/*id',
  about: 'Reports that a check with a time to live is critical.',
  query: NOTE,
});

export interface CheckReport {
  readonly status: HealthStatus;
  readonly output: string;
}

export const updateCheck = change({
  name: 'agent.check.update',
  path: '/v1/agent/check/update/*id',
  about: 'Reports how a check with a time to live fares, and what it found.',
  body: shape<CheckReport>({ status: text('Status'), output: text('Output', OMIT) }),
});

export const setMaintenance = change({
  name: 'agent.maintenance',
  path: '/v1/agent/maintenance',
  about: 'Holds the whole node back.',
  query: MAINTENANCE,
});

export const AGENT_SERVICE_ROUTES = [
  agentServices,
  agentService,
  agentHealthByName,
  agentHealthById,
  registerService,
  deregisterService,
  setServiceMaintenance,
  agentChecks,
  registerCheck,
  deregisterCheck,
  passCheck,
  warnCheck,
  failCheck,
  updateCheck,
  setMaintenance,
] as const;
