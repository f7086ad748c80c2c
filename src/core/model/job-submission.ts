/**
 * What a version of a job was made from: the file as its author wrote it, with the values of its
 * variables. Nothing is decided by it; it is kept for people who want to read or run it again.
 *
 * Source: `Submission` of Nomad's job registration.
 */
import type { Index } from '../../base/brand.ts';
import type { JobId, Namespace } from './ids.ts';

/** What comes with a registration. */
export interface JobSource {
  readonly source: string;
  /** `hcl2`, `hcl1` or `json`. */
  readonly format: string;
  /** Values that were given one by one, by name. */
  readonly variableFlags: Readonly<Record<string, string>>;
  /** The text of files of values. */
  readonly variables: string;
}

export interface JobSubmission extends JobSource {
  readonly namespace: Namespace;
  readonly jobId: JobId;
  readonly version: number;
  /** When the version was made. */
  readonly modifyIndex: Index;
}

/** How much room a submission takes [bytes]. */
export function submissionBytes({ source, variables, variableFlags }: JobSource): number {
  const encoder = new TextEncoder();
  const flags = Object.entries(variableFlags).flat();
  return [source, variables, ...flags].reduce((sum, text) => sum + encoder.encode(text).length, 0);
}
