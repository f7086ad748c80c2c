/** Servers as the link and gossip know them together. */
import type { ServerPeers } from '../ports/server-peers.ts';

/**
 * Tells those that went for good from those that failed: over the link both are just away.
 *
 * @param hasLeft what gossip knows of a server by its name
 */
export function withLeft(peers: ServerPeers, hasLeft: (name: string) => boolean): ServerPeers {
  return {
    announce: (stage) => peers.announce(stage),
    known: () =>
      peers.known().map((peer) => {
        const isGone = peer.status === 'failed' && hasLeft(peer.name);
        return isGone ? { ...peer, status: 'left' } : peer;
      }),
  };
}
