/** What is wrong in the `config { ... }` of a task. */
export interface ConfigIssue {
  /** `args[0]`, `mount[0].target` */
  readonly path: string;
  readonly message: string;
}
