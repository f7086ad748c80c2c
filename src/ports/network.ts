/** Networks of allocations that do not use the machine's own: a namespace each, ports published. */
import type { AllocId } from '../core/model/ids.ts';
import type { AssignedPort, Dns } from '../core/model/network.ts';

export interface AllocNetworks {
  /** Why there is no bridge on this machine; undefined: there is one. Never rejects. */
  unavailable(signal: AbortSignal): Promise<string | undefined>;
  /**
   * Makes the allocation's network, or finds it again, whole or half made.
   * Fails: `unsupported` with the reason, `unavailable` what the system refused, `conflict` a port
   * is taken by somebody else.
   */
  ensure(request: NetworkWish, signal: AbortSignal): Promise<AllocNetwork>;
  /** Takes it away with every rule and link. Content when there is none. */
  remove(id: AllocId): Promise<void>;
  /** Takes away what belongs to none of these: what a crash left. */
  sweep(keep: ReadonlySet<AllocId>): Promise<void>;
}

export interface NetworkWish {
  readonly id: AllocId;
  /** `none`: a loopback interface and nothing else. */
  readonly mode: 'bridge' | 'none';
  readonly ports: readonly AssignedPort[];
  readonly hostname: string;
  readonly dns?: Dns;
  /**
   * Answers the process in whose namespace it is to be, where somebody else made that; absent: one
   * is made here. Asked each time: another namespace than the last time is taken over.
   *
   * @param address what the allocation is going to have in there; empty in mode `none`
   */
  readonly lend?: (address: string, signal: AbortSignal) => Promise<number>;
}

export interface AllocNetwork {
  /** Path of the network namespace. */
  readonly namespace: string;
  /** Inside; empty in mode `none`. */
  readonly interfaceName: string;
  /** Inside; empty in mode `none`. */
  readonly address: string;
}
