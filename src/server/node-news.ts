/**
 * What clients have yet to hear: by node, which allocations the servers changed, or forgot, since
 * its client last asked. So a client is answered without a look at all that runs on its node.
 *
 * NN1: what is noted of a node is all that was decided about its allocations since an index; who
 *      knows less than that is told that it is not followed from there.
 * NN2: what clients report wakes nobody. An end that was reported is noted all the same: an earlier
 *      life of the client may have told it, and the present one hears of it with the next news.
 * NN3: only nodes whose clients ask here are followed, and of each what its client has not heard of
 *      yet, up to a bound.
 * NN4: while many nodes are told something, each is told more at a time (`news-pace.ts`).
 */
import { assert } from '../base/assert.ts';
import type { Index, Millis } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { NODE_NEWS_MAX, PARKED_MAX } from '../core/limits.ts';
import { isClientTerminal, type Alloc } from '../core/model/alloc.ts';
import type { AllocId, NodeId } from '../core/model/ids.ts';
import type { AlarmClock } from '../ports/clock.ts';
import { NewsPace } from './news-pace.ts';
import type { Replica } from './replica.ts';
import { Wakes, type Waiting } from './wakes.ts';

/** What became known of a node since an index. */
export interface News {
  /** Whether the servers decided anything of it; else only ends were reported (NN2). */
  readonly isNews: boolean;
  /** Each at least once; those that are gone included. */
  readonly ids: readonly AllocId[];
  /** Of the last of it; what was asked from where there is none. */
  readonly index: Index;
}

interface Noted {
  readonly id: AllocId;
  readonly index: Index;
}

interface Followed {
  /** Complete since then. */
  from: Index;
  /** When the servers last decided anything. */
  newsAt: Index;
  /** Oldest first. */
  noted: Noted[];
  /** When its client was last told any; -Infinity: never. */
  toldAt: Millis;
  readonly waiting: Set<() => void>;
}

export class NodeNews {
  readonly #nodes = new Map<NodeId, Followed>();
  readonly #clock: AlarmClock;
  readonly #wakes: Wakes;
  readonly #pace = new NewsPace();
  #waiting = 0;

  constructor(deps: { readonly replica: Replica; readonly clock: AlarmClock }) {
    this.#clock = deps.clock;
    this.#wakes = new Wakes(deps.clock);
    deps.replica.subscribe(({ changes, index }) => {
      for (const change of changes) {
        if (change.table === 'allocs') this.#take(change.before, change.after, index);
        else if (change.table === 'nodes' && change.after === undefined) this.#forget(change.key);
      }
      this.#wakes.run();
    });
  }

  /**
   * Follows a node. The servers decided nothing of its allocations between `from` and now.
   *
   * @param ended those whose end was reported meanwhile (NN2)
   */
  follow(nodeId: NodeId, from: Index, ended: readonly Noted[] = []): void {
    const known = this.#nodes.get(nodeId);
    const noted = ended.toSorted((a, b) => a.index - b.index);
    const waiting = known?.waiting ?? new Set();
    const toldAt = known?.toldAt ?? (-Infinity as Millis);
    this.#nodes.set(nodeId, { from, newsAt: from, noted, toldAt, waiting });
  }

  /** What came after an index; undefined where it is not followed from there (NN1). */
  since(nodeId: NodeId, after: Index): News | undefined {
    const followed = this.#nodes.get(nodeId);
    if (followed === undefined || after < followed.from) return undefined;
    // Its client holds the rest.
    followed.from = after;
    if ((followed.noted[0]?.index ?? Infinity) <= after) {
      followed.noted = followed.noted.filter(({ index }) => index > after);
    }
    const { noted, newsAt } = followed;
    const ids = noted.map(({ id }) => id);
    return { isNews: newsAt > after, ids, index: noted.at(-1)?.index ?? after };
  }

  /** Its client is being told news. */
  told(nodeId: NodeId): void {
    const followed = this.#nodes.get(nodeId);
    if (followed === undefined) return;
    followed.toldAt = this.#now();
    this.#pace.told(followed.toldAt);
  }

  /** How long it is to be told no other yet [ms] (NN4). */
  pauseMs(nodeId: NodeId): number {
    const followed = this.#nodes.get(nodeId);
    return followed === undefined ? 0 : this.#pace.waitMs(followed.toldAt, this.#now());
  }

  /** Resolves after `ms`, whatever comes meanwhile, or when the signal is given. */
  pause(ms: number, signal: AbortSignal): Promise<void> {
    return this.#wakes.wait(NOWHERE, ms, signal);
  }

  /**
   * Resolves with the next news of a node that is followed, after `waitMs`, or when the signal is
   * given. Fails: `exhausted` too many wait.
   */
  wait(nodeId: NodeId, waitMs: number, signal: AbortSignal): Promise<void> {
    if (this.#waiting >= PARKED_MAX) throw new Failure('exhausted', 'too many clients are waiting');
    const waiting = this.#nodes.get(nodeId)?.waiting;
    assert(waiting !== undefined, 'a node is followed before its news are waited for');
    const there: Waiting = {
      enter: (wake) => {
        waiting.add(wake);
        this.#waiting += 1;
      },
      leave: (wake) => {
        waiting.delete(wake);
        this.#waiting -= 1;
      },
    };
    return this.#wakes.wait(there, waitMs, signal);
  }

  #now(): Millis {
    return this.#clock.elapsedMs() as Millis;
  }

  #take(before: Alloc | undefined, after: Alloc | undefined, index: Index): void {
    const any = after ?? before;
    if (any === undefined) return;
    const followed = this.#nodes.get(any.nodeId);
    if (followed === undefined) return;
    const isDecided = before?.allocModifyIndex !== after?.allocModifyIndex;
    if (!isDecided && !hasEnded(before, after)) return;
    followed.noted.push({ id: any.id, index });
    if (isDecided) {
      followed.newsAt = index;
      for (const wake of followed.waiting) this.#wakes.add(wake);
    }
    if (followed.noted.length > NODE_NEWS_MAX) this.#forget(any.nodeId);
  }

  /** Whoever waits finds out that it is not followed any more. */
  #forget(nodeId: string): void {
    const followed = this.#nodes.get(nodeId as NodeId);
    this.#nodes.delete(nodeId as NodeId);
    for (const wake of followed?.waiting ?? []) this.#wakes.add(wake);
  }
}

/** Where nothing wakes but time. */
const NOWHERE: Waiting = { enter: () => undefined, leave: () => undefined };

function hasEnded(before: Alloc | undefined, after: Alloc | undefined): boolean {
  return after !== undefined && isClientTerminal(after) && !(before && isClientTerminal(before));
}
