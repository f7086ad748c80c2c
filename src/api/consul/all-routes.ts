/** Every endpoint of the discovery API, for whoever mounts, documents or checks them all. */
import type { AnyRoute } from '../route.ts';
import { AGENT_ROUTES } from './agent-routes.ts';
import { AGENT_SERVICE_ROUTES } from './agent-service-routes.ts';
import { CATALOG_ROUTES } from './catalog-routes.ts';
import { COORDINATE_ROUTES } from './coordinate-routes.ts';
import { EVENT_ROUTES } from './event-routes.ts';
import { HEALTH_ROUTES } from './health-routes.ts';
import { KV_ROUTES } from './kv-routes.ts';
import { OPERATOR_ROUTES } from './operator-routes.ts';
import { QUERY_ROUTES } from './query-routes.ts';
import { SESSION_ROUTES } from './session-routes.ts';
import { SNAPSHOT_ROUTES } from './snapshot-routes.ts';
import { STATUS_ROUTES } from './status-routes.ts';
import { TXN_ROUTES } from './txn-routes.ts';
import { UI_ROUTES } from './ui-routes.ts';

export const CONSUL_ROUTES: readonly AnyRoute[] = [
  ...CATALOG_ROUTES,
  ...HEALTH_ROUTES,
  ...AGENT_SERVICE_ROUTES,
  ...AGENT_ROUTES,
  ...KV_ROUTES,
  ...TXN_ROUTES,
  ...SESSION_ROUTES,
  ...EVENT_ROUTES,
  ...QUERY_ROUTES,
  ...COORDINATE_ROUTES,
  ...SNAPSHOT_ROUTES,
  ...STATUS_ROUTES,
  ...OPERATOR_ROUTES,
  ...UI_ROUTES,
];
