/**
 * Listens for other agents, and keeps the sessions that they open.
 *
 * LV1: an agent that stops takes up nothing more of clients before it ends anything: what is under
 *      way is answered, and they ask another server meanwhile. Other servers are answered until the
 *      end, since they need this one to hand its place over.
 */
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
const STOPS = 'the agent stops';
/** How long changes that were handed over may take [ms]. What only asks is asked again. */
const LEAVING_MS = 2_000;
/** What clients wait with: told that it is over, they hand nothing more over here. */
const PARKED: ReadonlySet<string> = new Set(['node.pull', 'catalog.watch']);
/** What they handed over before they heard of it has come by then [ms]. */
const UNDER_WAY_MS = 250;
const NEVER = new AbortController().signal;
/** Between two looks [ms]. */
const LOOK_MS = 20;
/** Peers remembered for that. */
const REFUSED_MAX = 100;

export class LinkServer implements Service {
  readonly name = 'link';
  readonly #at: LinkAddress;
  readonly #deps: LinkServerDeps;
  readonly #sessions = new Set<LinkSession>();
  readonly #refusedAt = new Map<string, number>();
  #isLeaving = false;

  constructor(at: LinkAddress, deps: LinkServerDeps) {
    this.#at = at;
    this.#deps = deps;
  }

  get sessions(): ReadonlySet<LinkSession> {
    return this.#sessions;
  }

  /** LV1. Ends before what it has others answered from does. */
  get farewell(): Service {
    return {
      name: 'farewell',
      run: async (signal) => {
        await untilAborted(signal);
        await this.#leave();
      },
    };
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
    // Other servers, too: what one of them handed over while this one led is answered.
    await this.#end([...this.#sessions]);
    await listener.close();
  }

  async #accept(socket: LinkSocket, signal: AbortSignal): Promise<void> {
    const session = await greetAccepted(socket, this.#deps, signal);
    this.#sessions.add(session);
    if (this.#isLeaving && isOfClient(session)) session.close(STOPS);
    const { name, role, version } = session.peer;
    this.#deps.note(`${role} "${name}" (build ${version}) connected from ${session.remote}`);
    const why = await session.closed;
    this.#sessions.delete(session);
    this.#deps.note(`${role} "${name}" left: ${why}`);
  }

  async #leave(): Promise<void> {
    this.#isLeaving = true;
    const clients = [...this.#sessions].filter(isOfClient);
    for (const session of clients) session.refuse(STOPS, PARKED);
    if (clients.length > 0) await this.#deps.clock.sleep(UNDER_WAY_MS, NEVER);
    await this.#end(clients);
  }

  async #end(sessions: readonly LinkSession[]): Promise<void> {
    const { clock } = this.#deps;
    for (const session of sessions) session.refuse(STOPS, PARKED);
    const until = clock.elapsedMs() + LEAVING_MS;
    while (clock.elapsedMs() < until && sessions.some(({ asked }) => asked.some(isChange))) {
      await clock.sleep(LOOK_MS, NEVER);
    }
    for (const session of sessions) session.close(STOPS);
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

/** A request that changes something: whoever handed it over must not hand it over twice. */
function isChange({ method, body }: { readonly method: string; readonly body: unknown }): boolean {
  const isRequest = method === 'http' && typeof body === 'object' && body !== null;
  return isRequest && 'method' in body && body.method !== 'GET' && body.method !== 'HEAD';
}

function isOfClient({ peer }: LinkSession): boolean {
  return peer.role === 'client';
}
