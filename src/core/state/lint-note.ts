/** What a diagnosis of the state consists of. */

/** One thing that is not as it must be. */
export interface Note {
  readonly rule: Rule;
  /** What it is about: a node, a job, an allocation. */
  readonly subject: string;
  readonly message: string;
}

export type Rule =
  | 'node-overcommitted'
  | 'name-twice'
  | 'reference-missing'
  | 'summary-wrong'
  | 'status-wrong'
  | 'sums-wrong'
  | 'index-wrong'
  | 'hash-wrong'
  | 'blocked-twice'
  | 'lock-orphaned'
  | 'session-orphaned'
  | 'events-unbounded'
  | 'catalog-orphaned'
  | 'ended-alloc-found'
  | 'node-id-twice';
