/** When a periodic job runs next, in words. The schedule's reader is loaded when there is one. */
import type { Millis } from '../../base/brand.ts';
import type { JobSpec } from '../../core/model/job.ts';
import { shortDuration, timestamp } from '../format/time.ts';

/** `2026-11-22T00:00:00Z (17h25m from now)`; undefined where it is not launched again. */
export async function nextLaunchText(
  job: Pick<JobSpec, 'periodic'>,
  now: Millis,
): Promise<string | undefined> {
  if (job.periodic === undefined) return undefined;
  const { nextLaunch } = await import('../../core/controllers/periodic.ts');
  const at = nextLaunch(job, now);
  return at === undefined ? undefined : `${timestamp(at)} (${shortDuration(at - now)} from now)`;
}
