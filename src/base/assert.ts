/** A broken invariant: a bug in our code, never the user's fault. Not caught; the process stops. */
export class Bug extends Error {
  override readonly name = 'Bug';
}

/** States what must be true here. Say why in the message, not what the condition already says. */
export function assert(condition: boolean, why: string): asserts condition {
  if (!condition) throw new Bug(why);
}
