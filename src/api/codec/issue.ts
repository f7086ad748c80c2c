/** A mistake in data that came in through a door, and where in that data it is. */
export interface Issue {
  /** As the sender would write it: `Job.TaskGroups[0].Count`; empty for the whole body. */
  readonly path: string;
  readonly message: string;
}

/** More than this help nobody, and a hostile body could make millions. */
export const MAX_ISSUES = 20;

/** Tells mistakes from a decoded value, which may be a list itself: mistakes are never empty. */
export function isIssues(result: unknown): result is readonly Issue[] {
  const first: unknown = Array.isArray(result) ? result[0] : undefined;
  return typeof first === 'object' && first !== null && 'path' in first && 'message' in first;
}

/** Renders one mistake on one line: `Job.Priority: expected a number, got "x"`. */
export function renderIssue(issue: Issue): string {
  return issue.path === '' ? issue.message : `${issue.path}: ${issue.message}`;
}

/** Renders mistakes, one on a line. */
export function renderIssues(issues: readonly Issue[]): string {
  return issues.map(renderIssue).join('\n');
}
