/** Over which session each node is reached from this server. */
import type { NodeId } from '../core/model/ids.ts';
import type { LinkSession } from './session.ts';

export class NodeSessions {
  readonly #sessions = new Map<NodeId, LinkSession>();

  /** The newest session counts: the older one of a node that came back is dead, or soon will be. */
  bind(nodeId: NodeId, session: LinkSession): void {
    if (this.#sessions.get(nodeId) === session || !session.isOpen) return;
    this.#sessions.set(nodeId, session);
    session.closed
      .then(() => {
        if (this.#sessions.get(nodeId) === session) this.#sessions.delete(nodeId);
      })
      .catch(() => undefined);
  }

  /** Undefined where it dialled another server, or none. */
  of(nodeId: NodeId): LinkSession | undefined {
    return this.#sessions.get(nodeId);
  }

  get size(): number {
    return this.#sessions.size;
  }
}
