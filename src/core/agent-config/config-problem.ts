/** A mistake that no single place of a file is to blame for; `path` is the setting's name. */
export interface ConfigProblem {
  readonly path: string;
  readonly message: string;
}
