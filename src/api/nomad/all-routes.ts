/** Every endpoint of the jobs API, for whoever mounts, documents or checks them all. */
import type { AnyRoute } from '../route.ts';
import { AGENT_ROUTES } from './agent-routes.ts';
import { ALLOC_ROUTES } from './alloc-routes.ts';
import { CLIENT_ROUTES } from './client-routes.ts';
import { CLUSTER_ROUTES } from './cluster-routes.ts';
import { DEPLOYMENT_ROUTES } from './deployment-routes.ts';
import { JOB_ROUTES } from './job-routes.ts';
import { NODE_ROUTES } from './node-routes.ts';
import { PLANNING_ROUTES } from './planning-routes.ts';
import { ROLLOUT_ROUTES } from './rollout-routes.ts';
import { SERVICE_ROUTES } from './service-routes.ts';
import { OPERATOR_SNAPSHOT_ROUTES } from './snapshot-routes.ts';
import { TENANCY_ROUTES } from './tenancy-routes.ts';
import { VARIABLE_ROUTES } from './variable-routes.ts';

export const NOMAD_ROUTES: readonly AnyRoute[] = [
  ...JOB_ROUTES,
  ...ALLOC_ROUTES,
  ...DEPLOYMENT_ROUTES,
  ...NODE_ROUTES,
  ...CLIENT_ROUTES,
  ...AGENT_ROUTES,
  ...CLUSTER_ROUTES,
  ...OPERATOR_SNAPSHOT_ROUTES,
  ...PLANNING_ROUTES,
  ...TENANCY_ROUTES,
  ...SERVICE_ROUTES,
  ...ROLLOUT_ROUTES,
  ...VARIABLE_ROUTES,
];
