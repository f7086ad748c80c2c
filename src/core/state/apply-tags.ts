/**
 * Names of job versions.
 *
 * N1: a name stands for one version of a job at most, and a version has one name at most.
 */
import type { Index } from '../../base/brand.ts';
import { JOB_TAGS_MAX } from '../limits.ts';
import type { Job } from '../model/job.ts';
import type { Edit } from './edit.ts';
import type { JobTagged } from './entry.ts';
import { accepted, refused } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { versionKey } from './tables.ts';
import { jobKey } from './watch.ts';

export function tagVersion(edit: Edit, entry: JobTagged): Outcome {
  const { name, description, version, jobId } = entry;
  const key = jobKey(entry.namespace, jobId);
  const holder = tagged(edit, key).find((each) => each.tag?.name === name);
  if (version === undefined) {
    if (holder === undefined)
      return refused('not_found', `tag "${name}" not found on job "${jobId}"`);
    put(edit, holder, undefined);
    return accepted(edit);
  }
  const wanted = edit.jobVersion(key, version);
  if (wanted === undefined) {
    return refused('not_found', `job "${jobId}" has no version ${version}`);
  }
  if (holder !== undefined && holder.version !== version) {
    return refused(
      'conflict',
      `tag "${name}" already exists on a different version of job "${jobId}"`,
    );
  }
  if (wanted.tag?.name === name && wanted.tag.description === description) return accepted(edit);
  if (wanted.tag === undefined && tagged(edit, key).length >= JOB_TAGS_MAX) {
    return refused('invalid', `job "${jobId}" has ${JOB_TAGS_MAX} tagged versions already`);
  }
  put(edit, wanted, { name, description, taggedAt: edit.at });
  return accepted(edit);
}

function tagged(edit: Edit, key: string): readonly Job[] {
  const rows = edit.table('jobVersions').keysBy('job', key);
  return rows.flatMap((row) => {
    const version = edit.table('jobVersions').get(row);
    return version?.tag === undefined ? [] : [version];
  });
}

/** The row of the version, and the job's own where it is the newest. */
function put(edit: Edit, before: Job, tag: Job['tag']): void {
  const row = withTag(before, tag, edit.index);
  const key = jobKey(row.namespace, row.id);
  edit.putPlain('jobVersions', row, versionKey(key, row.version));
  const newest = edit.job(key);
  if (newest?.version !== row.version) return;
  edit.putJob(withTag(newest, tag, edit.index));
}

function withTag(job: Job, tag: Job['tag'], modifyIndex: Index): Job {
  const changed = { ...job, modifyIndex };
  Reflect.deleteProperty(changed, 'tag');
  return tag === undefined ? changed : { ...changed, tag };
}
