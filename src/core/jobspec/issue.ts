/** What is wrong with a job, in its author's words, and where. */

/** `path` names blocks from the outside in: `group "web" > task "server"`; empty for the job. */
export type JobIssue = Readonly<{ path: string; message: string }>;

/** Collects what is wrong, each with its place. */
export class Issues {
  readonly #found: JobIssue[];
  readonly #path: string;

  constructor(path = '', found: JobIssue[] = []) {
    this.#path = path;
    this.#found = found;
  }

  /** The same collection, for what is inside a block. */
  inside(block: string): Issues {
    return new Issues(this.#path === '' ? block : `${this.#path} > ${block}`, this.#found);
  }

  /** Records that something is wrong. */
  add(message: string): void {
    this.#found.push({ path: this.#path, message });
  }

  /** Records each message whose condition holds. */
  addIf(...rules: readonly (readonly [wrong: boolean, message: string])[]): void {
    for (const [wrong, message] of rules) if (wrong) this.add(message);
  }

  all(): readonly JobIssue[] {
    return this.#found;
  }
}

/** All on one page, as `job run` and the HTTP API show them. */
export function formatIssues(issues: readonly JobIssue[]): string {
  return formatList(
    issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)),
  );
}

/** `2 errors occurred:` and one line for each. Source: how Nomad prints several errors. */
export function formatList(lines: readonly string[]): string {
  const count = lines.length === 1 ? '1 error' : `${lines.length} errors`;
  return `${count} occurred:\n\t${lines.map((line) => `* ${line}`).join('\n\t')}\n\n`;
}
