/**
 * Which servers an agent knows, and in what order it tries them.
 *
 * SL1: an address is tried before one that failed after it did; among equals chance decides, so
 *      that a fleet spreads over the servers.
 * SL2: what the servers told last replaces what they told before; what was configured stays.
 */
import type { Millis } from '../../base/brand.ts';
import type { Random } from '../../base/random.ts';
import { LINK_SERVERS_MAX, LINK_TEXT_MAX } from '../limits.ts';

export class ServerList {
  #configured: readonly string[] = [];
  #learnt: readonly string[] = [];
  readonly #failedAt = new Map<string, Millis>();

  /** What the configuration, or whoever it asks, names. */
  configure(addresses: readonly string[]): void {
    this.#configured = bounded(addresses);
    this.#forgetOthers();
  }

  /** What a server said. None is no news: a lone server may not know its own address. */
  learn(addresses: readonly string[]): void {
    if (addresses.length === 0) return;
    this.#learnt = bounded(addresses);
    this.#forgetOthers();
  }

  failed(address: string, now: Millis): void {
    this.#failedAt.set(address, now);
    this.#forgetOthers();
  }

  all(): readonly string[] {
    return [...new Set([...this.#learnt, ...this.#configured])];
  }

  /** In the order to try them (SL1). */
  order(random: Random): readonly string[] {
    return this.all()
      .map((address) => ({
        address,
        failedAt: this.#failedAt.get(address) ?? 0,
        lot: random.next(),
      }))
      .sort((a, b) => a.failedAt - b.failedAt || a.lot - b.lot)
      .map(({ address }) => address);
  }

  #forgetOthers(): void {
    const known = new Set(this.all());
    for (const address of this.#failedAt.keys()) {
      if (!known.has(address)) this.#failedAt.delete(address);
    }
  }
}

function bounded(addresses: readonly string[]): readonly string[] {
  return addresses.filter(({ length }) => length <= LINK_TEXT_MAX).slice(0, LINK_SERVERS_MAX);
}
