/** What a job was made from, on the wire. */
import type { JobSource, JobSubmission } from '../../core/model/job-submission.ts';
import { shape, type Shape } from '../codec/codec.ts';
import { int, text, textMap } from '../codec/fields.ts';

const SOURCE_FIELDS = {
  source: text('Source'),
  format: text('Format'),
  variableFlags: textMap('VariableFlags'),
  variables: text('Variables'),
} as const;

/** As it comes with a registration. */
export const JOB_SOURCE: Shape<JobSource> = shape(SOURCE_FIELDS);

export const JOB_SUBMISSION: Shape<JobSubmission> = shape({
  ...SOURCE_FIELDS,
  namespace: text('Namespace'),
  jobId: text('JobID'),
  version: int('Version'),
  modifyIndex: int('JobModifyIndex'),
});
