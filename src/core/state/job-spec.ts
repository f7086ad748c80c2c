/** Taking what an author decides out of a registered job. */
import type { Job, JobSpec } from '../model/job.ts';

/** The author's part of a job; what the servers added is left out. */
export function specOf(job: Job | JobSpec): JobSpec {
  const spec: Record<string, unknown> = { ...job };
  for (const field of SERVERS_FIELDS) Reflect.deleteProperty(spec, field);
  return spec as unknown as JobSpec;
}

const SERVERS_FIELDS: readonly Exclude<keyof Job, keyof JobSpec>[] = [
  'version',
  'stop',
  'stable',
  'tag',
  'status',
  'statusDescription',
  'submittedAt',
  'createIndex',
  'modifyIndex',
  'jobModifyIndex',
];
