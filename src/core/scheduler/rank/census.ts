/**
 * How all nodes of a ranking fare, counted as their verdicts change: reasons are at hand at once,
 * however many nodes there are.
 */

/** What keeps a node from being chosen, by how far it got. */
export type VerdictKind = 'fits' | 'absent' | 'elsewhere' | 'filtered' | 'exhausted';

export interface Verdict {
  readonly kind: VerdictKind;
  /** For people, where filtered or exhausted. */
  readonly reason: string;
}

/** Codes of the verdicts that need no reason. */
export const FITS = 0;
export const ABSENT = 1;
export const ELSEWHERE = 2;

export class Census {
  readonly #verdicts: Verdict[] = [
    { kind: 'fits', reason: '' },
    { kind: 'absent', reason: '' },
    { kind: 'elsewhere', reason: '' },
  ];
  readonly #codes = new Map<string, number>();
  /** By code: how many nodes. */
  #counts: number[] = [0, 0, 0];
  /** By code, then by node class. */
  #classes: (Map<string, number> | undefined)[] = [];

  /** Begins anew with so many nodes, all absent. Codes stay what they were. */
  reset(nodes: number): void {
    this.#counts = this.#verdicts.map(() => 0);
    this.#counts[ABSENT] = nodes;
    this.#classes = [];
  }

  code(kind: VerdictKind, reason: string): number {
    const key = `${kind} ${reason}`;
    let code = this.#codes.get(key);
    if (code === undefined) {
      code = this.#verdicts.length;
      this.#verdicts.push({ kind, reason });
      this.#counts.push(0);
      this.#codes.set(key, code);
    }
    return code;
  }

  verdict(code: number): Verdict {
    return this.#verdicts[code] ?? NOBODY;
  }

  /** Notes that a node of the class went from one verdict to another. */
  move(from: number, to: number, nodeClass: string): void {
    this.#counts[from] = (this.#counts[from] ?? 0) - 1;
    this.#counts[to] = (this.#counts[to] ?? 0) + 1;
    if (nodeClass === '') return;
    if (from > ELSEWHERE) this.#countClass(from, nodeClass, -1);
    if (to > ELSEWHERE) this.#countClass(to, nodeClass, 1);
  }

  /** All nodes of one kind. */
  total(kind: VerdictKind): number {
    let sum = 0;
    this.#verdicts.forEach((verdict, code) => {
      if (verdict.kind === kind) sum += this.#counts[code] ?? 0;
    });
    return sum;
  }

  /** Nodes of one kind by reason. */
  byReason(kind: VerdictKind): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    this.#verdicts.forEach((verdict, code) => {
      const count = this.#counts[code] ?? 0;
      if (verdict.kind === kind && count > 0) counts[verdict.reason] = count;
    });
    return counts;
  }

  /** Nodes of one kind by node class; nodes without one are left out. */
  byClass(kind: VerdictKind): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    this.#verdicts.forEach((verdict, code) => {
      if (verdict.kind !== kind) return;
      for (const [name, count] of this.#classes[code] ?? []) {
        if (count > 0) counts[name] = (counts[name] ?? 0) + count;
      }
    });
    return counts;
  }

  #countClass(code: number, nodeClass: string, by: number): void {
    const classes = (this.#classes[code] ??= new Map<string, number>());
    classes.set(nodeClass, (classes.get(nodeClass) ?? 0) + by);
  }
}

const NOBODY: Verdict = { kind: 'absent', reason: '' };
