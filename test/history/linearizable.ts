/**
 * Judges histories: was there an order of the operations, true to real time, in which each answers
 * as a single copy of the data would have?
 *
 * L1: an operation takes effect at one instant between its call and its return; one that was never
 *     answered, at some instant after its call or not at all.
 *
 * Source: Wing and Gong, "Testing and Verifying Concurrent Objects"; Lowe, "Testing for
 * Linearizability" (states once seen are not searched again).
 */

/** One operation as its caller saw it. Instants may be any numbers that rise; no two are equal. */
export interface Observed<Input> {
  readonly calledAt: number;
  /** Infinity: it was never answered, and may have taken effect or not. */
  readonly returnedAt: number;
  readonly input: Input;
}

export interface Model<State, Input> {
  readonly initial: State;
  /** The state after, or undefined where the answer that was seen is not what this state gives. */
  step(state: State, input: Input, isAnswered: boolean): State | undefined;
  /** Equal for equal states. */
  keyOf(state: State): string;
}

/** States visited before a search is given up: some seconds. */
const VISITS_MAX = 400_000;

/** Whether the history can be explained (L1). Fails where that is too much work to tell. */
export function isLinearizable<State, Input>(
  history: readonly Observed<Input>[],
  model: Model<State, Input>,
): boolean {
  const byCall = [...history].sort((a, b) => a.calledAt - b.calledAt);
  const answered = byCall.filter(({ returnedAt }) => returnedAt !== Infinity);
  const open = byCall.filter(({ returnedAt }) => returnedAt === Infinity);
  const taken = new Set<Observed<Input>>();
  const seen = new Set<string>();
  const names = new Map(byCall.map((op, i) => [op, i]));

  /** @param from the first answered operation that is not taken */
  const search = (state: State, from: number): boolean => {
    let first = from;
    for (let op = answered[first]; op !== undefined && taken.has(op); op = answered[first]) first++;
    if (first === answered.length) return true;
    const ahead = [...taken].filter((op) => op.returnedAt === Infinity || !isBefore(op, first));
    const rest = ahead.map((op) => names.get(op) ?? 0).sort((a, b) => a - b);
    const known = `${first}|${rest.join()}|${model.keyOf(state)}`;
    if (seen.has(known)) return false;
    if (seen.size >= VISITS_MAX) throw new Error('too many orders to look through');
    seen.add(known);
    return candidates(first).some((op) => {
      const next = model.step(state, op.input, op.returnedAt !== Infinity);
      if (next === undefined) return false;
      taken.add(op);
      if (search(next, first)) return true;
      taken.delete(op);
      return false;
    });
  };
  const isBefore = (op: Observed<Input>, first: number): boolean =>
    op.calledAt < (answered[first]?.calledAt ?? Infinity);
  /** Those that may be next: called before any that is left has returned; answered ones first. */
  const candidates = (first: number): readonly Observed<Input>[] => {
    const left = answered.slice(first).filter((op) => !taken.has(op));
    const until = left.reduce((least, op) => Math.min(least, op.returnedAt), Infinity);
    const mayBeNext = (op: Observed<Input>): boolean => op.calledAt < until && !taken.has(op);
    return [...left.filter(mayBeNext), ...open.filter(mayBeNext)];
  };
  return search(model.initial, 0);
}
