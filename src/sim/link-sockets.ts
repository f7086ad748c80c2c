/**
 * Connections between simulated agents: frames take time, hosts are cut off without a word (as when
 * a cable is pulled: neither side hears of it), and processes end (both sides hear).
 *
 * LN1: a connection keeps its frames' order and loses none, as TCP does: what was sent over a cut
 *      way arrives once that is open again, however late, unless somebody ended the connection
 *      before.
 */
import { Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { Frame } from '../core/link/frame.ts';
import type { AlarmClock } from '../ports/clock.ts';
import type { LinkAddress, LinkSocket, LinkSocketListener, LinkSockets } from '../ports/link.ts';
import { SimReach } from './reach.ts';

/** How things are on the way. Chances are from 0 to 1, each of one frame. */
export interface LinkWeather {
  readonly latencyMsMin: number;
  readonly latencyMsMax: number;
  /** Was lost and is sent again: it, and all behind it, take up to `lateMsMax`. */
  readonly late: number;
  readonly lateMsMax: number;
  /** The connection breaks, which both sides hear. */
  readonly reset: number;
}

export const FAIR_LINKS: LinkWeather = {
  latencyMsMin: 1,
  latencyMsMax: 20,
  late: 0,
  lateMsMax: 0,
  reset: 0,
};

/** After so long an attempt to connect to who does not answer fails [ms]. */
const CONNECT_MS = 2_000;

export interface SimLinkDeps {
  readonly clock: AlarmClock;
  readonly random: Random;
  /** Absent: a world of its own. */
  readonly reach?: SimReach;
}

/** Who holds the sockets: nothing reaches a dead process, and one that stands still only later. */
export interface SocketHolder {
  readonly isAlive: boolean;
  enter(act: () => void): void;
}

const ALWAYS: SocketHolder = { isAlive: true, enter: (act) => act() };

interface Accepting {
  readonly holder: SocketHolder;
  readonly accept: (socket: LinkSocket) => void;
}

/** A network; each host has its own view of it. */
export class SimLinkNet {
  weather: LinkWeather = FAIR_LINKS;
  /** Frames arrive at multiples of this only [ms]: a run costs as much as it has instants. */
  gridMs = 1;
  readonly #deps: SimLinkDeps;
  readonly #reach: SimReach;
  readonly #accepting = new Map<string, Accepting>();
  readonly #ends = new Set<End>();
  readonly #mends = new Map<string, () => void>();

  constructor(deps: SimLinkDeps) {
    this.#deps = deps;
    this.#reach = deps.reach ?? new SimReach();
    this.#reach.onChange(() => this.#reopen());
  }

  /** What an agent on this host connects and listens with. */
  socketsOf(host: string, holder: SocketHolder = ALWAYS): LinkSockets {
    return {
      dial: (at, signal) => this.#dial({ host, holder }, at, signal),
      listen: (at, accept) => {
        const mine = { holder, accept };
        this.#accepting.set(host, mine);
        const close = (): Promise<void> => {
          if (this.#accepting.get(host) === mine) this.end(host);
          return Promise.resolve();
        };
        return Promise.resolve({ host, port: at.port, close });
      },
    };
  }

  /** From now on nothing reaches the host and nothing leaves it; nobody is told. */
  cut(host: string): void {
    this.#mends.set(host, this.#reach.cutOff(host));
  }

  mend(host: string): void {
    this.#mends.get(host)?.();
    this.#mends.delete(host);
  }

  /** The host's process ends: its connections do, and nobody listens there. */
  end(host: string): void {
    this.#accepting.delete(host);
    for (const end of [...this.#ends]) if (end.host === host) end.close('its process ended');
  }

  /** Has something happen after a frame's time, or once the way is open again (LN1). */
  carry(from: End, to: End, happen: () => void): void {
    const { clock } = this.#deps;
    const nowMs = clock.elapsedMs();
    const at = Math.ceil((nowMs + this.#latency()) / this.gridMs) * this.gridMs;
    from.lastAt = Math.max(at, from.lastAt);
    clock.alarm(from.lastAt - nowMs, () => {
      if (from.held.length > 0 || !this.#reach.isOpen(from.host, to.host)) from.held.push(happen);
      else happen();
    });
  }

  /** Draws whether a frame breaks its connection. */
  breaks(): boolean {
    const { reset } = this.weather;
    return reset > 0 && this.#deps.random.next() < reset;
  }

  /** Nobody is told within the call that caused it. */
  soon(act: () => void): void {
    this.#deps.clock.alarm(0, act);
  }

  forget(end: End): void {
    this.#ends.delete(end);
  }

  #latency(): number {
    const { latencyMsMin, latencyMsMax, late, lateMsMax } = this.weather;
    const { random } = this.#deps;
    const isLate = late > 0 && random.next() < late;
    const most = isLate ? lateMsMax : latencyMsMax;
    return latencyMsMin + random.next() * (most - latencyMsMin);
  }

  #reopen(): void {
    for (const end of this.#ends) {
      const { other } = end;
      if (end.held.length === 0 || other === undefined) continue;
      if (!this.#reach.isOpen(end.host, other.host)) continue;
      for (const happen of end.held.splice(0)) this.carry(end, other, happen);
    }
  }

  async #dial(
    { host, holder }: { readonly host: string; readonly holder: SocketHolder },
    at: LinkAddress,
    signal: AbortSignal,
  ): Promise<LinkSocket> {
    const { clock } = this.#deps;
    await clock.sleep(2 * this.#latency(), signal);
    const isOpen = this.#reach.isOpen(host, at.host) && this.#reach.isOpen(at.host, host);
    if (!isOpen) {
      await clock.sleep(CONNECT_MS, signal);
      throw new Failure('unavailable', `cannot reach ${at.host}: no answer`);
    }
    const there = this.#accepting.get(at.host);
    if (there === undefined) throw new Failure('unavailable', `${at.host} refused the connection`);
    if (!holder.isAlive) throw new Failure('unavailable', 'who dialled is dead');
    const near = new End(this, { host, remote: at.host, holder });
    const far = new End(this, { host: at.host, remote: host, holder: there.holder });
    near.other = far;
    far.other = near;
    this.#ends.add(near).add(far);
    there.holder.enter(() => there.accept(far));
    return near;
  }
}

interface EndFacts {
  readonly host: string;
  readonly remote: string;
  readonly holder: SocketHolder;
}

class End implements LinkSocket {
  readonly host: string;
  readonly remote: string;
  /** What waits for the way to be open again, in order. */
  readonly held: (() => void)[] = [];
  readonly #net: SimLinkNet;
  readonly #holder: SocketHolder;
  #listener: LinkSocketListener | undefined;
  #early: Frame[] = [];
  #closed: string | undefined;
  other: End | undefined;
  lastAt = 0;

  constructor(net: SimLinkNet, { host, remote, holder }: EndFacts) {
    this.#net = net;
    this.#holder = holder;
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
    if (this.#closed !== undefined || other === undefined) return;
    if (this.#net.breaks()) this.#net.soon(() => this.close('connection reset'));
    this.#net.carry(this, other, () => other.#holder.enter(() => other.#take(frame)));
  }

  trust(): void {
    // Nobody lies here.
  }

  close(why: string): void {
    const { other } = this;
    if (this.#closed !== undefined) return;
    this.#end(why);
    if (other === undefined) return;
    this.#net.carry(this, other, () => {
      this.#net.forget(this);
      other.#holder.enter(() => {
        other.#end(why);
        this.#net.forget(other);
      });
    });
  }

  #take(frame: Frame): void {
    if (this.#closed !== undefined) return;
    if (this.#listener === undefined) this.#early.push(frame);
    else this.#listener.frame(frame);
  }

  #end(why: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = why;
    this.#holder.enter(() => this.#listener?.closed(why));
  }
}
