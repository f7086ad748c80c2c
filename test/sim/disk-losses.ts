/**
 * Which servers have lost their disks. Never more than a minority at a time: then nothing may be lost.
 *
 * A server that begins with an empty disk is as good as any other once what it has kept and the log make
 * up everything.
 */
import { logKeys } from '../../src/io/etcd-log/keys.ts';
import type { EtcdStore } from './etcd-store.ts';
import type { PeerHost } from './peer-host.ts';
import { LOG_PREFIX } from './peer.ts';

export class DiskLosses {
  readonly #servers: readonly PeerHost[];
  readonly #store: EtcdStore;
  readonly #hurt = new Set<PeerHost>();

  constructor(servers: readonly PeerHost[], store: EtcdStore) {
    this.#servers = servers;
    this.#store = store;
  }

  /** Whether one more may lose its disk now; then it is taken for lost. */
  mayLose(server: PeerHost): boolean {
    for (const each of this.#hurt) if (this.#isWhole(each)) this.#hurt.delete(each);
    const isMinority = new Set([...this.#hurt, server]).size * 2 < this.#servers.length;
    if (isMinority) this.#hurt.add(server);
    return isMinority;
  }

  /** It has begun anew, and the log begins no later than what it has kept ends. */
  #isWhole({ state, keptIndex }: PeerHost): boolean {
    const keys = logKeys(LOG_PREFIX);
    const [oldest] = this.#store.range({ ...keys.log, limit: 1 }).pairs;
    const first = oldest === undefined ? 1 : (keys.spanOf(oldest.key)?.first ?? 1);
    return state !== undefined && keptIndex + 1 >= first;
  }
}
