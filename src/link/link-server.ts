/** Listens for other agents, and keeps the sessions that they open. */
import { Bug } from '../base/assert.ts';
import { explain } from '../base/failure.ts';
import type { LinkAddress, LinkSocket, LinkSockets } from '../ports/link.ts';
import type { Service } from '../ports/service.ts';
import { untilAborted } from '../run/aborted.ts';
import { greetAccepted, type GreetDeps } from './greet.ts';
import type { LinkSession } from './session.ts';

export interface LinkServerDeps extends GreetDeps {
  readonly sockets: LinkSockets;
}

/** A peer that is refused over and over is told of so often [ms]. */
const REFUSAL_MS = 60_000;
/** Peers remembered for that. */
const REFUSED_MAX = 100;

export class LinkServer implements Service {
  readonly name = 'link';
  readonly #at: LinkAddress;
  readonly #deps: LinkServerDeps;
  readonly #sessions = new Set<LinkSession>();
  readonly #refusedAt = new Map<string, number>();

  constructor(at: LinkAddress, deps: LinkServerDeps) {
    this.#at = at;
    this.#deps = deps;
  }

  get sessions(): ReadonlySet<LinkSession> {
    return this.#sessions;
  }

  /** Fails: as `LinkSockets.listen`. */
  async run(signal: AbortSignal): Promise<void> {
    const { sockets, note } = this.#deps;
    const listener = await sockets.listen(this.#at, (socket) => {
      this.#accept(socket, signal).catch((error: unknown) => {
        if (error instanceof Bug) throw error;
        this.#tellRefusal(socket.remote, explain(error));
      });
    });
    note(`listening on ${listener.host} port ${listener.port}`);
    await untilAborted(signal);
    for (const session of this.#sessions) session.close('the agent stops');
    await listener.close();
  }

  async #accept(socket: LinkSocket, signal: AbortSignal): Promise<void> {
    const session = await greetAccepted(socket, this.#deps, signal);
    this.#sessions.add(session);
    const { name, role, version } = session.peer;
    this.#deps.note(`${role} "${name}" (build ${version}) connected from ${session.remote}`);
    const why = await session.closed;
    this.#sessions.delete(session);
    this.#deps.note(`${role} "${name}" left: ${why}`);
  }

  /** A stranger's attempts must not fill the log. */
  #tellRefusal(remote: string, why: string): void {
    const now = this.#deps.clock.elapsedMs();
    const host = remote.replace(/:\d+$/, '');
    const last = this.#refusedAt.get(host);
    if (last !== undefined && now - last < REFUSAL_MS) return;
    if (this.#refusedAt.size >= REFUSED_MAX) this.#refusedAt.clear();
    this.#refusedAt.set(host, now);
    this.#deps.note(`refused ${remote}: ${why}`);
  }
}
