/**
 * The servers that this one knows of, by gossip or whatever else finds them.
 *
 * What a peer says of itself may be old by a few seconds; nobody is listed before it was reached.
 */
import type { MemberStage, ServerPeer } from '../core/etcd-member/membership.ts';

export interface ServerPeers {
  /** Everybody but this server. */
  known(): readonly ServerPeer[];
  /** Tells the others what this server's disk holds from now on. */
  announce(stage: MemberStage): void;
  /**
   * These are not there, and will not come back: they are not known any more. One that does come
   * makes itself known.
   */
  forget(ids: readonly string[]): void;
}
