/**
 * A token that a task or service would be known by. Kept and answered as written: there are no
 * access tokens to give yet.
 */
export interface WorkloadIdentity {
  /** Empty or `default`: the one that every task has. */
  readonly name: string;
  readonly audience: readonly string[];
  readonly changeMode: string;
  readonly changeSignal: string;
  readonly env: boolean;
  readonly file: boolean;
  readonly filepath: string;
  readonly ttlMs: number;
}
