/** What operators changed of this node's metadata, kept beside its identity. */
import { Failure } from '../base/failure.ts';
import {
  changedMeta,
  isMetaTooLarge,
  mergedMeta,
  metaProblem,
  NO_DYNAMIC_META,
  type DynamicMeta,
} from '../core/runner/node-meta.ts';
import type { NodeMetadata } from '../ports/client-link.ts';
import type { ClientStore } from './store.ts';

export class NodeMeta {
  readonly #configured: Readonly<Record<string, string>>;
  readonly #store: ClientStore;
  #dynamic: DynamicMeta = NO_DYNAMIC_META;
  /** Ends with the last change: the next one builds on it. */
  #changing: Promise<void> = Promise.resolve();

  /** @param configured what the configuration says */
  constructor(configured: Readonly<Record<string, string>>, store: ClientStore) {
    this.#configured = configured;
    this.#store = store;
  }

  /** Goes on with what an earlier process was told. */
  async restore(): Promise<void> {
    this.#dynamic = (await this.#store.meta()) ?? NO_DYNAMIC_META;
  }

  merged(): Readonly<Record<string, string>> {
    return mergedMeta(this.#configured, this.#dynamic);
  }

  told(): NodeMetadata {
    return { merged: this.merged(), configured: this.#configured, dynamic: this.#dynamic };
  }

  /** Takes a change over, durably. Fails: `invalid`; `unavailable`, `exhausted` the disk. */
  change(change: DynamicMeta): Promise<void> {
    const turn = this.#changing.then(() => this.#change(change));
    this.#changing = turn.catch(() => undefined);
    return turn;
  }

  async #change(change: DynamicMeta): Promise<void> {
    const problem = metaProblem(change);
    if (problem !== undefined) throw new Failure('invalid', problem);
    const next = changedMeta(this.#dynamic, change, this.#configured);
    if (isMetaTooLarge(next)) throw new Failure('invalid', 'the metadata is too large');
    await this.#store.putMeta(next);
    this.#dynamic = next;
  }
}
