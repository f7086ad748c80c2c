/** Health. Source: https://developer.hashicorp.com/consul/api-docs/health */
import { listOf } from '../codec/fields.ts';
import { queryFlag, queryText, queryTexts } from '../query.ts';
import { read } from '../route.ts';
import { HEALTH_CHECK, HEALTH_ENTRY } from './health-codec.ts';
import { FILTER, ROWS_QUERY } from './rows-query.ts';

export const nodeHealth = read({
  name: 'health.node',
  path: '/v1/health/node/:node',
  about: 'The checks of a node and of its instances.',
  query: FILTER,
  reply: listOf(HEALTH_CHECK),
});

export const serviceChecks = read({
  name: 'health.checks',
  path: '/v1/health/checks/:service',
  about: 'The checks of the instances of a service.',
  query: ROWS_QUERY,
  reply: listOf(HEALTH_CHECK),
});

const OF_SERVICE = {
  tags: queryTexts('tag', 'only instances with this tag; all of them, where repeated'),
  passing: queryFlag('passing', 'only instances with nothing but passing checks'),
  peer: queryText('peer', 'of a peered cluster; there are none here'),
  ...ROWS_QUERY,
} as const;

export const serviceHealth = read({
  name: 'health.service',
  path: '/v1/health/service/:service',
  about: 'The instances of a service, each with its node and the checks of both.',
  query: OF_SERVICE,
  reply: listOf(HEALTH_ENTRY),
});

export const connectHealth = read({
  name: 'health.connect',
  path: '/v1/health/connect/:service',
  about: 'The instances through which the mesh reaches a service.',
  query: OF_SERVICE,
  reply: listOf(HEALTH_ENTRY),
});

export const ingressHealth = read({
  name: 'health.ingress',
  path: '/v1/health/ingress/:service',
  about: 'The gateways into the mesh for a service.',
  query: OF_SERVICE,
  reply: listOf(HEALTH_ENTRY),
});

export const checksInState = read({
  name: 'health.state',
  path: '/v1/health/state/:state',
  about: 'The checks that are `passing`, `warning` or `critical`, or `any`.',
  query: ROWS_QUERY,
  reply: listOf(HEALTH_CHECK),
});

export const HEALTH_ROUTES = [
  nodeHealth,
  serviceChecks,
  serviceHealth,
  connectHealth,
  ingressHealth,
  checksInState,
] as const;
