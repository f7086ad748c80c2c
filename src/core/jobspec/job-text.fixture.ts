/** Jobs made of text, for tests. */
import assert from 'node:assert/strict';
import { formatDiagnostic } from '../hcl/diagnostic.ts';
import { Source } from '../hcl/source.ts';
import type { Job, JobDraft } from '../model/job.ts';
import { canonicalizeJob } from './canonicalize.ts';
import { parseJobFile } from './parse-job.ts';
import type { JobFileOptions } from './parse-job.ts';
import { validateJob } from './validate.ts';

/** The draft of a job file that is right. */
export function draftOf(text: string, options: JobFileOptions = {}): JobDraft {
  const result = parseJobFile(new Source('x.hcl', text), options);
  assert.ok('job' in result, 'job' in result ? '' : result.map(formatDiagnostic).join('\n'));
  return result.job;
}

/** What is told of a job file named `x.hcl`. */
export function mistakesIn(text: string, options: JobFileOptions = {}): readonly string[] {
  const result = parseJobFile(new Source('x.hcl', text), options);
  return 'job' in result ? [] : result.map(formatDiagnostic);
}

/** The finished job of a job file. */
export function jobOf(text: string): Job {
  return canonicalizeJob(draftOf(text));
}

/** A job that is right but for what is put into its group, its task, itself. */
export function around(inGroup: string, inTask = '', inJob = ''): string {
  const task = `task "t" {\ndriver = "mock"\n${inTask}\n}`;
  return `job "x" {\n${inJob}\ngroup "g" {\n${inGroup}\n${task}\n}\n}`;
}

/** What is wrong with a job, each on a line with its place. */
export function issuesOf(text: string): readonly string[] {
  return validateJob(jobOf(text)).map(({ path, message }) => `${path}: ${message}`);
}

/** A job and all that is wrong with it. */
export type IssueRow = readonly [text: string, expected: readonly string[]];

/** Compares each row. */
export function checkIssues(rows: readonly IssueRow[]): void {
  for (const [text, expected] of rows) assert.deepEqual(issuesOf(text), expected, text);
}
