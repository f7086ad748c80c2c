/** Nodes that an operator closes for a while, or drains, and what they were given meanwhile. */
import type { Machine } from '../machines.ts';
import { insist } from './insist.ts';

/** An operator gives up after this [ms]: other faults are mended by then. */
const PATIENCE_MS = 60_000;

interface Closure {
  readonly machine: Machine;
  readonly node: string;
  /** The index at which it was surely closed. */
  readonly from: number;
  /** The last index at which it surely was. */
  to: number;
}

export class Closures {
  readonly #asked: readonly Machine[];
  #closures: Closure[] = [];

  constructor(asked: readonly Machine[]) {
    this.#asked = asked;
  }

  /** Resolves with what opens it again. */
  async close(machine: Machine, drains: boolean): Promise<() => Promise<void>> {
    const node = await this.#nodeOf(machine);
    const drain = { DrainSpec: { Deadline: 3_600_000_000_000 }, MarkEligible: false };
    const { body } = drains
      ? await this.#order(`/v1/node/${node}/drain`, drain)
      : await this.#order(`/v1/node/${node}/eligibility`, { Eligibility: 'ineligible' });
    const { NodeModifyIndex: from } = body as { readonly NodeModifyIndex: number };
    const closure = { machine, node, from, to: from };
    this.#closures.push(closure);
    return async () => {
      const told = await insist(this.#asked, `/v1/node/${node}?consistent`, within());
      closure.to = told.index;
      await (drains
        ? this.#order(`/v1/node/${node}/drain`, { DrainSpec: null, MarkEligible: true })
        : this.#order(`/v1/node/${node}/eligibility`, { Eligibility: 'eligible' }));
    };
  }

  /** What nodes were given while they were closed; the next round begins anew. */
  async trespasses(server: Machine): Promise<readonly string[]> {
    const closures = this.#closures;
    this.#closures = [];
    const wrong: string[] = [];
    for (const { machine, node, from, to } of closures) {
      const allocs = (await server.json(`/v1/node/${node}/allocations`)) as readonly {
        readonly Name: string;
        readonly CreateIndex: number;
      }[];
      for (const { Name, CreateIndex: at } of allocs) {
        if (at <= from || at > to) continue;
        wrong.push(`${machine.name} got ${Name} at ${at}, closed from ${from} to ${to}`);
      }
    }
    return wrong;
  }

  async #nodeOf(machine: Machine): Promise<string> {
    const { body } = await insist(this.#asked, '/v1/nodes', within());
    const nodes = body as readonly { readonly ID: string; readonly Name: string }[];
    const node = nodes.find(({ Name }) => Name === machine.name);
    if (node === undefined) throw new Error(`there is no node ${machine.name}`);
    return node.ID;
  }

  #order(path: string, body: object): ReturnType<typeof insist> {
    return insist(this.#asked, path, { ...within(), method: 'PUT', body: JSON.stringify(body) });
  }
}

function within(): { readonly signal: AbortSignal } {
  return { signal: AbortSignal.timeout(PATIENCE_MS) };
}
