/** How a job fares, on the wire. */
import type { GroupSummary, JobSummary } from '../../core/model/job-summary.ts';
import { shape, type Shape } from '../codec/codec.ts';
import { int, map, maybe, nested, text } from '../codec/fields.ts';

const GROUP_SUMMARY: Shape<GroupSummary> = shape({
  queued: int('Queued'),
  complete: int('Complete'),
  failed: int('Failed'),
  running: int('Running'),
  starting: int('Starting'),
  lost: int('Lost'),
  unknown: int('Unknown'),
});

type Children = NonNullable<JobSummary['children']>;

export const JOB_SUMMARY: Shape<JobSummary> = shape({
  jobId: text('JobID'),
  namespace: text('Namespace'),
  groups: map('Summary', GROUP_SUMMARY, {}),
  children: maybe(
    nested(
      'Children',
      shape<Children>({ pending: int('Pending'), running: int('Running'), dead: int('Dead') }),
    ),
  ),
  createIndex: int('CreateIndex'),
  modifyIndex: int('ModifyIndex'),
});
