import type { AllocId } from '../core/model/ids.ts';
import type { AllocNetwork, AllocNetworks, NetworkWish } from '../ports/network.ts';

/** Networks that are only counted. `whyNot` makes the machine one without a bridge. */
export class SimNetworks implements AllocNetworks {
  readonly present = new Map<AllocId, NetworkWish>();
  whyNot: string | undefined;

  unavailable(): Promise<string | undefined> {
    return Promise.resolve(this.whyNot);
  }

  async ensure(wish: NetworkWish, signal: AbortSignal): Promise<AllocNetwork> {
    this.present.set(wish.id, wish);
    const bridged = wish.mode === 'bridge';
    const address = bridged ? `172.26.64.${this.present.size + 1}` : '';
    const holder = await wish.lend?.(address, signal);
    return {
      namespace: `/sim/netns/${holder ?? wish.id}`,
      interfaceName: bridged ? 'eth0' : '',
      address,
    };
  }

  remove(id: AllocId): Promise<void> {
    this.present.delete(id);
    return Promise.resolve();
  }

  sweep(keep: ReadonlySet<AllocId>): Promise<void> {
    for (const id of this.present.keys()) if (!keep.has(id)) this.present.delete(id);
    return Promise.resolve();
  }
}
