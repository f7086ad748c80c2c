/** Every kind of row that the state keeps, by table, and the key of each. */
import type { Index, Millis } from '../../base/brand.ts';
import type { Alloc } from '../model/alloc.ts';
import type { CatalogNode, ServiceInstance } from '../model/catalog.ts';
import type { NodeCoordinate } from '../model/coordinate.ts';
import type { HealthCheck } from '../model/health-check.ts';
import type { KvPair, LockDelay } from '../model/kv.ts';
import type { PreparedQuery } from '../model/prepared-query.ts';
import type { Session } from '../model/session.ts';
import type { UserEvent } from '../model/user-event.ts';
import type { NamespaceRow, NodePool } from '../model/tenancy.ts';
import type { TemplateRollout } from '../model/template-rollout.ts';
import type { Variable } from '../model/variable.ts';
import type { Deployment } from '../model/deployment.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { JobId, Namespace } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { JobSubmission } from '../model/job-submission.ts';
import type { JobSummary } from '../model/job-summary.ts';
import type { Node } from '../model/node.ts';
import type { ScalingEvents } from '../model/scaling-event.ts';
import type { SchedulerConfig } from '../model/scheduler-config.ts';
import type { DiscoveryTable } from './watch.ts';

/** How far a periodic job's schedule has been carried out. */
export interface PeriodicLaunch {
  readonly namespace: Namespace;
  readonly jobId: JobId;
  readonly launchAt: Millis;
  readonly modifyIndex: Index;
}

/** The one row of the table `config`, key `scheduler`. */
export interface ConfigRow {
  readonly scheduler: SchedulerConfig;
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}

export interface Rows {
  readonly jobs: Job;
  readonly jobVersions: Job;
  readonly jobSubmissions: JobSubmission;
  readonly jobSummaries: JobSummary;
  readonly scalingEvents: ScalingEvents;
  readonly periodicLaunches: PeriodicLaunch;
  readonly nodes: Node;
  readonly evals: Evaluation;
  readonly allocs: Alloc;
  readonly deployments: Deployment;
  readonly config: ConfigRow;
  readonly catalogNodes: CatalogNode;
  readonly services: ServiceInstance;
  readonly checks: HealthCheck;
  readonly kv: KvPair;
  readonly lockDelays: LockDelay;
  readonly sessions: Session;
  readonly userEvents: UserEvent;
  readonly preparedQueries: PreparedQuery;
  readonly coordinates: NodeCoordinate;
  readonly variables: Variable;
  readonly namespaces: NamespaceRow;
  readonly nodePools: NodePool;
  readonly templateRollouts: TemplateRollout;
}

/** Tables that nothing else is derived from. */
export type PlainTable =
  | 'jobVersions'
  | 'jobSubmissions'
  | 'jobSummaries'
  | 'scalingEvents'
  | 'periodicLaunches'
  | 'config'
  | 'variables'
  | 'namespaces'
  | 'nodePools'
  | 'templateRollouts'
  | DiscoveryTable;
