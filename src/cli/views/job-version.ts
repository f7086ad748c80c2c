/** One version of a job, as `job history` shows it. */
import type { JobDiff } from '../../api/nomad/job-diff.ts';
import type { Job, VersionTag } from '../../core/model/job.ts';
import { keyValues } from '../format/columns.ts';
import { jobDiff } from '../format/job-diff.ts';
import type { Paint } from '../format/paint.ts';
import { timestamp } from '../format/time.ts';

/** @param diff what it changed; absent: not asked for, or the first version */
export function jobVersion(
  job: Job,
  diff: JobDiff | undefined,
  paint: Paint,
  verbose: boolean,
): string {
  const about = [
    ['Version', String(job.version)],
    ['Stable', String(job.stable)],
    ['Submit Date', timestamp(job.submittedAt)],
    ...(job.tag === undefined ? [] : tagRows(job.tag)),
  ] as const;
  if (diff === undefined) return keyValues(about);
  const text = jobDiff(diff, paint, verbose).trim();
  return keyValues([...about, ['Diff', `\n${text}`]]);
}

function tagRows({ name, description }: VersionTag): readonly (readonly [string, string])[] {
  const told = [['Tag Name', name]] as const;
  return description === '' ? told : [...told, ['Tag Description', description]];
}
