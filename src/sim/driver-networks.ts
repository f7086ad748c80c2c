import { Failure } from '../base/failure.ts';
import type { AllocId, NodeId } from '../core/model/ids.ts';
import type { DriverNetwork, DriverNetworks, DriverNetworkWish } from '../ports/driver.ts';

/** Namespaces of a driver that are only counted. */
export class SimDriverNetworks implements DriverNetworks {
  readonly present = new Map<AllocId, DriverNetworkWish>();
  /** The engine is out of reach: every call fails. */
  away = false;

  ensure(wish: DriverNetworkWish): Promise<DriverNetwork> {
    return this.#reach(() => {
      this.present.set(wish.id, wish);
      return { pid: 100 + this.present.size, name: `sim-${wish.id}` };
    });
  }

  remove(id: AllocId): Promise<void> {
    return this.#reach(() => void this.present.delete(id));
  }

  sweep(nodeId: NodeId, isOver: (id: AllocId) => boolean): Promise<void> {
    return this.#reach(() => {
      for (const [id, wish] of this.present) {
        if (wish.nodeId === nodeId && isOver(id)) this.present.delete(id);
      }
    });
  }

  #reach<T>(work: () => T): Promise<T> {
    if (this.away) return Promise.reject(new Failure('unavailable', 'the engine is away'));
    return Promise.resolve(work());
  }
}
