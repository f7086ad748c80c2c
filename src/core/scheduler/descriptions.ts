/**
 * What the scheduler writes beside its decisions. People and programs read these in Nomad's words.
 *
 * Source: https://developer.hashicorp.com/nomad/api-docs/allocations (DesiredDescription)
 */
export const STOP_NOT_NEEDED = 'alloc not needed due to job update';
export const STOP_UPDATING = 'alloc is being updated due to job update';
export const STOP_LOST = 'alloc is lost since its node is down';
export const STOP_MIGRATING = 'alloc is being migrated';
export const STOP_TAINTED = 'alloc not needed as node is tainted';
export const STOP_RESCHEDULED = 'alloc was rescheduled because it failed';
export const STOP_RECONNECTED = 'alloc not needed due to disconnected client reconnect';
export const STOP_UNKNOWN = 'alloc is unknown since its node is disconnected';

export const BLOCKED = 'created to place remaining allocations';
export const DELAYED_RESCHEDULE = 'created for delayed rescheduling';
export const DELAYED_DISCONNECT = 'created for delayed disconnect timeout';

export const DEPLOYMENT_RUNNING = 'Deployment is running';
export const DEPLOYMENT_NEEDS_PROMOTION = 'Deployment is running but requires manual promotion';
export const DEPLOYMENT_AUTO_PROMOTES = 'Deployment is running pending automatic promotion';
export const DEPLOYMENT_SUCCESSFUL = 'Deployment completed successfully';
export const DEPLOYMENT_JOB_STOPPED = 'Cancelled because job is stopped';
export const DEPLOYMENT_NEWER_JOB = 'Cancelled due to newer version of job';
