/**
 * Carries events between the log and the pool: what people fire at our API is heard by members that
 * only gossip (a plain Serf agent), and what those fire is heard by ours.
 *
 * X1: only the leader carries, each event once, and none back to where it came from.
 */
import type { Index } from '../base/brand.ts';
import { fromBase64, toBase64 } from '../base/base64.ts';
import { explain } from '../base/failure.ts';
import { EVENT_BYTES_MAX } from '../core/gossip/limits.ts';
import type { UserEvent } from '../core/model/user-event.ts';
import type { Service } from '../ports/service.ts';
import type { Gossip } from './gossip.ts';

/** The events of the log. */
export interface LoggedEvents {
  /** Whether this agent is the one that carries. */
  leading(): boolean;
  /** All that are kept, oldest first, once there is one after this index. Rejects on abort. */
  events(
    after: Index | undefined,
    signal: AbortSignal,
  ): Promise<Readonly<{ events: readonly UserEvent[]; index: Index }>>;
  /** Fires one; answers its id. Fails: as the servers do. */
  fire(name: string, payload: string): Promise<string>;
}

export interface EventLoopDeps {
  readonly gossip: Gossip;
  readonly log: LoggedEvents;
  readonly note: (line: string) => void;
}

/** Ids of events that came from the pool; the log keeps no more events than this. */
const CARRIED_MAX = 512;

export class EventLoop implements Service {
  readonly name = 'gossip-events';
  readonly #deps: EventLoopDeps;
  /** Of events that came from the pool. */
  readonly #carried = new Set<string>();
  /** Events that are being fired into the log, whose ids are not known yet. */
  readonly #firing = new Set<Promise<void>>();
  #isTelling = false;

  constructor(deps: EventLoopDeps) {
    this.#deps = deps;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { gossip, log } = this.#deps;
    const end = gossip.follow((news) => {
      // Our own are told, too, while they are fired.
      if (news.type === 'event' && !this.#isTelling && log.leading()) {
        this.#fire(news.name, news.payload);
      }
    });
    try {
      await this.#tellAll(signal);
    } finally {
      end();
      await Promise.all(this.#firing);
    }
  }

  #fire(name: string, payload: Uint8Array): void {
    const { log, note } = this.#deps;
    const fired = log
      .fire(name, toBase64(payload))
      .then((id) => {
        if (this.#carried.size >= CARRIED_MAX) this.#carried.clear();
        this.#carried.add(id);
      })
      .catch((error: unknown) => note(`the event "${name}" is lost: ${explain(error)}`))
      .finally(() => this.#firing.delete(fired));
    this.#firing.add(fired);
  }

  /** From now on: what was fired before was heard by whoever was there. */
  async #tellAll(signal: AbortSignal): Promise<void> {
    let { index: after } = await this.#deps.log.events(undefined, signal);
    while (!signal.aborted) {
      const answer = await this.#deps.log.events(after, signal).catch((error: unknown) => {
        if (signal.aborted) return undefined;
        throw error;
      });
      if (answer === undefined) return;
      await Promise.all(this.#firing);
      const known = after;
      for (const event of answer.events) if (event.createIndex > known) this.#tell(event);
      after = answer.index;
    }
  }

  /** Who only gossips knows no filters: an event for some is not for it. */
  #tell({ id, name, payload, nodeFilter, serviceFilter, tagFilter }: UserEvent): void {
    const { gossip, log } = this.#deps;
    const isForAll = nodeFilter === '' && serviceFilter === '' && tagFilter === '';
    if (!log.leading() || !isForAll || this.#carried.has(id)) return;
    const bytes = fromBase64(payload) ?? new Uint8Array(0);
    if (name.length + bytes.length > EVENT_BYTES_MAX) return;
    this.#isTelling = true;
    gossip.fire(name, bytes);
    this.#isTelling = false;
  }
}
