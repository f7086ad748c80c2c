/**
 * Where a job's instances will be once the plan under way is carried out: those that stay, and
 * those placed so far.
 */
export class Proposed {
  readonly #bySlot = new Map<number, Map<string, number>>();

  add(slot: number, group: string, by: 1 | -1): void {
    const groups = this.#bySlot.get(slot) ?? new Map<string, number>();
    this.#bySlot.set(slot, groups);
    const count = (groups.get(group) ?? 0) + by;
    if (count === 0) groups.delete(group);
    else groups.set(group, count);
    if (groups.size === 0) this.#bySlot.delete(slot);
  }

  /** How many of one group are on the node; of all groups where none is named. */
  count(slot: number, group?: string): number {
    const groups = this.#bySlot.get(slot);
    if (groups === undefined) return 0;
    if (group !== undefined) return groups.get(group) ?? 0;
    let sum = 0;
    for (const count of groups.values()) sum += count;
    return sum;
  }

  slots(): Iterable<number> {
    return this.#bySlot.keys();
  }
}
