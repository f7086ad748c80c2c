/** A mistake in data that came in through a door, and where in that data it is. */
export interface Issue {
  /** As the sender would write it: `Job.TaskGroups[0].Count`; empty for the whole body. */
  readonly path: string;
  readonly message: string;
}

/** More than this help nobody, and a hostile body could make millions. */
export const MAX_ISSUES = 20;

/** Tells a list of mistakes from a decoded value; decoded values are never arrays of issues. */
export function isIssues(result: unknown): result is readonly Issue[] {
  return Array.isArray(result);
}

/** Renders one mistake on one line: `Job.Priority: expected a number, got "x"`. */
export function renderIssue(issue: Issue): string {
  return issue.path === '' ? issue.message : `${issue.path}: ${issue.message}`;
}

/** Renders mistakes, one on a line. */
export function renderIssues(issues: readonly Issue[]): string {
  return issues.map(renderIssue).join('\n');
}
