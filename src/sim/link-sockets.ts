/**
 * Connections between simulated agents: frames take time, hosts are cut off without a word (as when
 * a cable is pulled: neither side hears of it), and processes end (both sides hear).
 */
import { Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { Frame } from '../core/link/frame.ts';
import type { Clock } from '../ports/clock.ts';
import type { LinkAddress, LinkSocket, LinkSocketListener, LinkSockets } from '../ports/link.ts';

/** How long a frame takes [ms]. */
const LATENCY_MS_MIN = 1;
const LATENCY_MS_MAX = 20;
/** After so long an attempt to connect to who does not answer fails [ms]. */
const CONNECT_MS = 2_000;

export interface SimLinkDeps {
  readonly clock: Clock;
  readonly random: Random;
}

/** A network; each host has its own view of it. */
export class SimLinkNet {
  readonly #deps: SimLinkDeps;
  readonly #accepting = new Map<string, (socket: LinkSocket) => void>();
  readonly #ends = new Set<End>();
  readonly #cut = new Set<string>();

  constructor(deps: SimLinkDeps) {
    this.#deps = deps;
  }

  /** What an agent on this host connects and listens with. */
  socketsOf(host: string): LinkSockets {
    return {
      dial: (at, signal) => this.#dial(host, at, signal),
      listen: (at, accept) => {
        this.#accepting.set(host, accept);
        const close = (): Promise<void> => {
          this.end(host);
          return Promise.resolve();
        };
        return Promise.resolve({ host, port: at.port, close });
      },
    };
  }

  /** From now on nothing reaches the host and nothing leaves it; nobody is told. */
  cut(host: string): void {
    this.#cut.add(host);
  }

  mend(host: string): void {
    this.#cut.delete(host);
  }

  /** The host's process ends: its connections do, and nobody listens there. */
  end(host: string): void {
    this.#accepting.delete(host);
    for (const end of this.#ends) if (end.host === host) end.close('its process ended');
  }

  isOpen(a: string, b: string): boolean {
    return !this.#cut.has(a) && !this.#cut.has(b);
  }

  /** Has something happen after a frame's time, unless a host is cut off by then. */
  carry(from: End, to: End, happen: () => void): void {
    const { clock, random } = this.#deps;
    const ms = LATENCY_MS_MIN + random.next() * (LATENCY_MS_MAX - LATENCY_MS_MIN);
    // Frames of one connection keep their order.
    const at = Math.max(clock.elapsedMs() + ms, from.lastAt + 1);
    from.lastAt = at;
    clock.sleep(at - clock.elapsedMs(), new AbortController().signal).then(
      () => {
        if (this.isOpen(from.host, to.host)) happen();
      },
      () => undefined,
    );
  }

  forget(end: End): void {
    this.#ends.delete(end);
  }

  async #dial(host: string, at: LinkAddress, signal: AbortSignal): Promise<LinkSocket> {
    await this.#deps.clock.sleep(LATENCY_MS_MAX, signal);
    const accept = this.#accepting.get(at.host);
    if (!this.isOpen(host, at.host)) {
      await this.#deps.clock.sleep(CONNECT_MS, signal);
      throw new Failure('unavailable', `cannot reach ${at.host}: no answer`);
    }
    if (accept === undefined) throw new Failure('unavailable', `${at.host} refused the connection`);
    const [near, far] = [new End(this, host, at.host), new End(this, at.host, host)];
    near.other = far;
    far.other = near;
    this.#ends.add(near).add(far);
    accept(far);
    return near;
  }
}

class End implements LinkSocket {
  readonly host: string;
  readonly remote: string;
  readonly #net: SimLinkNet;
  #listener: LinkSocketListener | undefined;
  #early: Frame[] = [];
  #closed: string | undefined;
  other: End | undefined;
  lastAt = 0;

  constructor(net: SimLinkNet, host: string, remote: string) {
    this.#net = net;
    this.host = host;
    this.remote = remote;
  }

  listen(listener: LinkSocketListener): void {
    this.#listener = listener;
    for (const frame of this.#early.splice(0)) listener.frame(frame);
    if (this.#closed !== undefined) listener.closed(this.#closed);
  }

  send(frame: Frame): void {
    const { other } = this;
    if (this.#closed === undefined && other !== undefined) {
      this.#net.carry(this, other, () => other.#take(frame));
    }
  }

  trust(): void {
    // Nobody lies here.
  }

  close(why: string): void {
    const { other } = this;
    if (this.#closed !== undefined) return;
    this.#end(why);
    if (other !== undefined) this.#net.carry(this, other, () => other.#end(why));
  }

  #take(frame: Frame): void {
    if (this.#closed !== undefined) return;
    if (this.#listener === undefined) this.#early.push(frame);
    else this.#listener.frame(frame);
  }

  #end(why: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = why;
    this.#net.forget(this);
    this.#listener?.closed(why);
  }
}
