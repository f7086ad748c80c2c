/** What one entry did to one row: the change feed that brokers, ledgers and watchers live on. */
import type { Alloc } from '../model/alloc.ts';
import type { Deployment } from '../model/deployment.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { Job } from '../model/job.ts';
import type { JobSubmission } from '../model/job-submission.ts';
import type { JobSummary } from '../model/job-summary.ts';
import type { Node } from '../model/node.ts';
import type { ScalingEvents } from '../model/scaling-event.ts';
import type { NamespaceRow, NodePool } from '../model/tenancy.ts';
import type { TemplateRollout } from '../model/template-rollout.ts';
import type { Variable } from '../model/variable.ts';
import type { ConfigRow, PeriodicLaunch, Rows } from './rows.ts';
import type { DiscoveryTable } from './watch.ts';

/**
 * One row before and after: without `before` it was created, without `after` deleted. A row that
 * one entry changed twice has two changes, in their order.
 */
export type Change =
  | RowChange<'jobs', Job>
  | RowChange<'jobVersions', Job>
  | RowChange<'jobSubmissions', JobSubmission>
  | RowChange<'jobSummaries', JobSummary>
  | RowChange<'scalingEvents', ScalingEvents>
  | RowChange<'periodicLaunches', PeriodicLaunch>
  | RowChange<'nodes', Node>
  | RowChange<'evals', Evaluation>
  | RowChange<'allocs', Alloc>
  | RowChange<'deployments', Deployment>
  | RowChange<'config', ConfigRow>
  | RowChange<'variables', Variable>
  | RowChange<'namespaces', NamespaceRow>
  | RowChange<'nodePools', NodePool>
  | RowChange<'templateRollouts', TemplateRollout>
  | { [Table in DiscoveryTable]: RowChange<Table, Rows[Table]> }[DiscoveryTable];

export type RowChange<Table extends string, Row> = Readonly<{
  table: Table;
  /** The row's key in its table. */
  key: string;
  before: Row | undefined;
  after: Row | undefined;
}>;
