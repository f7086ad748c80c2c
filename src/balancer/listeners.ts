/**
 * The addresses that the balancer listens on, and what becomes of them when settings change.
 *
 * L1: an address that stays is not touched; one that goes takes no new connections, and those it
 *     has end in their own time.
 * L2: an address that cannot be had leaves the one before it as it is, and is told.
 */
import { explain } from '../base/failure.ts';
import type { ListenAt } from '../ports/balancer.ts';

/** What listens, whatever it speaks. */
interface Open {
  readonly port: number;
  close(graceMs: number): Promise<void>;
}

/** One of the kinds of listeners: how it is opened, and what it is called. */
export interface ListenerKind {
  readonly name: string;
  open(at: ListenAt): Promise<Open>;
  /** What is under way when it closes may take so long [ms]. */
  graceMs(): number;
}

export class Listener {
  readonly #kind: ListenerKind;
  readonly #note: (line: string) => void;
  readonly #ending = new Set<Promise<void>>();
  #at: ListenAt | undefined;
  #open: Open | undefined;

  constructor(kind: ListenerKind, note: (line: string) => void) {
    this.#kind = kind;
    this.#note = note;
  }

  /** Undefined: it does not listen. */
  get port(): number | undefined {
    return this.#open?.port;
  }

  /** Listens there. Fails: as the kind's `open`. */
  async start(at: ListenAt | undefined): Promise<void> {
    if (at === undefined) return;
    this.#open = await this.#kind.open(at);
    this.#at = at;
    this.#note(`${this.#kind.name} on ${at.host}:${this.#open.port}`);
  }

  /** Listens there instead, if that is another address (L1, L2). */
  async move(at: ListenAt | undefined): Promise<void> {
    const [before, from] = [this.#open, this.#at];
    if (at?.host === from?.host && at?.port === from?.port) return;
    // The same port on another host: the old one has to make room.
    const makesRoom = at === undefined || at.port === from?.port;
    if (makesRoom) this.#leave();
    try {
      await this.start(at);
    } catch (error) {
      this.#note(`${this.#kind.name} stays as it is: ${explain(error)}`);
      if (makesRoom) await this.start(from);
      return;
    }
    if (!makesRoom && before !== undefined) this.#end(before);
  }

  async close(): Promise<void> {
    this.#leave();
    await Promise.all(this.#ending);
  }

  #leave(): void {
    if (this.#open !== undefined) this.#end(this.#open);
    this.#open = undefined;
    this.#at = undefined;
  }

  #end(open: Open): void {
    const ended = open.close(this.#kind.graceMs()).finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }
}
