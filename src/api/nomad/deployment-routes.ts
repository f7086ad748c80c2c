/** Deployments. */
import { listOf } from '../codec/fields.ts';
import { read, write } from '../route.ts';
import { ALLOC_STUB } from './alloc-codec.ts';
import { DEPLOYMENT } from './deployment-codec.ts';
import { DEPLOYMENT_CHANGED, HEALTH_BODY, PAUSE_BODY, PROMOTE_BODY } from './job-replies.ts';
import { LIST_QUERY } from './list-query.ts';

export const listDeployments = read({
  name: 'deployment.list',
  path: '/v1/deployments',
  about: 'Lists deployments.',
  query: LIST_QUERY,
  reply: listOf(DEPLOYMENT),
});

export const readDeployment = read({
  name: 'deployment.read',
  path: '/v1/deployment/:id',
  about: 'One deployment.',
  reply: DEPLOYMENT,
});

export const deploymentAllocs = read({
  name: 'deployment.allocations',
  path: '/v1/deployment/allocations/:id',
  about: 'The allocations that belong to a deployment.',
  reply: listOf(ALLOC_STUB),
});

export const failDeployment = write({
  name: 'deployment.fail',
  path: '/v1/deployment/fail/:id',
  about: 'Gives a deployment up.',
  reply: DEPLOYMENT_CHANGED,
});

export const pauseDeployment = write({
  name: 'deployment.pause',
  path: '/v1/deployment/pause/:id',
  about: 'Pauses a deployment, or lets it go on.',
  body: PAUSE_BODY,
  reply: DEPLOYMENT_CHANGED,
});

export const promoteDeployment = write({
  name: 'deployment.promote',
  path: '/v1/deployment/promote/:id',
  about: 'Takes the canaries of a deployment for good.',
  body: PROMOTE_BODY,
  reply: DEPLOYMENT_CHANGED,
});

export const unblockDeployment = write({
  name: 'deployment.unblock',
  path: '/v1/deployment/unblock/:id',
  about: 'Lets a deployment go on that waits for another region.',
  reply: DEPLOYMENT_CHANGED,
});

export const setAllocHealth = write({
  name: 'deployment.allocation-health',
  path: '/v1/deployment/allocation-health/:id',
  about: 'Judges the allocations of a deployment whose health is told by hand.',
  body: HEALTH_BODY,
  reply: DEPLOYMENT_CHANGED,
});

export const DEPLOYMENT_ROUTES = [
  listDeployments,
  readDeployment,
  deploymentAllocs,
  failDeployment,
  pauseDeployment,
  promoteDeployment,
  unblockDeployment,
  setAllocHealth,
] as const;
