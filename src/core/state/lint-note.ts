/**
 * What a diagnosis of the state consists of. It goes in steps, so that whoever asks for it may do
 * other things in between: a step looks at a row or two, however many there are.
 */

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

/** Goes through the state; undefined where nothing was wrong on the way. */
export type LintSteps = Generator<Note | undefined, void, undefined>;

/** Only what is wrong. */
export function* notesOf(steps: Iterable<Note | undefined>): Generator<Note> {
  for (const note of steps) if (note !== undefined) yield note;
}
