/** Deployments on the wire. Source: https://developer.hashicorp.com/nomad/api-docs/deployments */
import type { Deployment, DeploymentGroup } from '../../core/model/deployment.ts';
import { shape, type Shape } from '../codec/codec.ts';
import {
  bool,
  duration,
  instantNs,
  instantText,
  int,
  map,
  maybe,
  rewritten,
  text,
  texts,
} from '../codec/fields.ts';

const GROUP: Shape<DeploymentGroup> = shape({
  autoRevert: bool('AutoRevert'),
  autoPromote: bool('AutoPromote'),
  progressDeadlineMs: duration('ProgressDeadline'),
  requireProgressBy: maybe(instantText('RequireProgressBy')),
  promoted: bool('Promoted'),
  placedCanaries: texts('PlacedCanaries'),
  desiredCanaries: int('DesiredCanaries'),
  desiredTotal: int('DesiredTotal'),
  placedAllocs: int('PlacedAllocs'),
  healthyAllocs: int('HealthyAllocs'),
  unhealthyAllocs: int('UnhealthyAllocs'),
});

/** Nomad tells the index of a job's specification apart from that of its row; here it is one. */
export const DEPLOYMENT: Shape<Deployment> = rewritten(
  shape<Deployment>(
    {
      id: text('ID'),
      namespace: text('Namespace'),
      jobId: text('JobID'),
      jobVersion: int('JobVersion'),
      jobModifyIndex: int('JobModifyIndex'),
      jobCreateIndex: int('JobCreateIndex'),
      judgedIndex: undefined,
      groups: map('TaskGroups', GROUP, {}),
      status: text('Status'),
      statusDescription: text('StatusDescription'),
      createdAt: instantNs('CreateTime'),
      modifiedAt: instantNs('ModifyTime'),
      createIndex: int('CreateIndex'),
      modifyIndex: int('ModifyIndex'),
    },
    { IsMultiregion: false },
  ),
  (wire) => ({ ...wire, JobSpecModifyIndex: wire['JobModifyIndex'] ?? 0 }),
  (wire) => wire,
);
