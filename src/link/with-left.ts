/** Servers as the link and gossip know them together. */
import type { Clock } from '../ports/clock.ts';
import type { ServerPeers } from '../ports/server-peers.ts';
import type { Service } from '../ports/service.ts';

/**
 * Tells those that went for good from those that failed: over the link both are just away.
 *
 * @param hasLeft what gossip knows of a server by its name
 */
export function withLeft(peers: ServerPeers, hasLeft: (name: string) => boolean): ServerPeers {
  return {
    announce: (stage) => peers.announce(stage),
    forget: (ids) => peers.forget(ids),
    known: () =>
      peers.known().map((peer) => {
        const isGone = peer.status === 'failed' && hasLeft(peer.name);
        return isGone ? { ...peer, status: 'left' } : peer;
      }),
  };
}

/** Where no members go with their servers: those that left are forgotten once that is known. */
export function forgetLeft(peers: ServerPeers, clock: Clock): Service {
  return {
    name: 'forget-left',
    run: async (signal) => {
      while (!signal.aborted) {
        const left = peers.known().filter(({ status }) => status === 'left');
        peers.forget(left.map(({ id }) => id));
        await clock.sleep(LOOK_MS, signal);
      }
    },
  };
}

const LOOK_MS = 1_000;
