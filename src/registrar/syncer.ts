/**
 * Keeps the servers' rows of this machine as this agent has them.
 *
 * SY1: what differs is told until it does not; a change here is told at once, a change there is
 *      seen by watching the machine's rows and put back.
 * SY2: an answer older than one's own last write is not believed.
 * SY3: one row that the servers refuse keeps no other from them.
 */
import type { Index, Millis } from '../base/brand.ts';
import { explain, Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import { same } from '../base/same.ts';
import {
  differ,
  isNone,
  nextOutputAt,
  type Difference,
  type OwnRows,
} from '../core/checks/sync.ts';
import type { Verdict } from '../core/checks/verdict.ts';
import { SYNC_ROWS_MAX } from '../core/limits.ts';
import type { CatalogNodeFacts, ServiceFacts } from '../core/model/catalog.ts';
import type { CheckFacts } from '../core/model/health-check.ts';
import type { CatalogLink, NodeRows } from '../ports/catalog-link.ts';
import type { Clock } from '../ports/clock.ts';
import { isAborted } from '../run/aborted.ts';
import { Bell } from '../run/bell.ts';
import { elapsed } from './elapsed.ts';

/** What is to be held by the servers. */
export interface OwnSide {
  readonly nodeName: string;
  /** @param now here and below, instants are on a clock that nobody sets */
  rows(now: Millis): OwnRows;
  /** Takes over the tags that others gave to instances, by id. */
  adoptTags(tags: ReadonlyMap<string, readonly string[]>): void;
  /** Takes over what the servers know of checks that have found nothing yet, by id. */
  adoptVerdicts(verdicts: ReadonlyMap<string, Verdict>): void;
  /** The servers hold nothing any more of what was taken away. */
  forgetRemoved(isHeld: (id: string) => boolean): void;
  /** When the expectations of rows change by themselves; undefined: they do not. */
  changesAt(): Millis | undefined;
}

export interface SyncerDeps {
  readonly link: CatalogLink;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: (line: string) => void;
}

/** Pause before another try [ms]: the first, doubled each time up to the last. */
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 30_000;
/** Changes there that come within so long are looked at together [ms]. */
const WATCH_PAUSE_MS = 50;
/**
 * Pause after telling [ms], one for so many rows: comparing all of them costs time with their
 * number, and thousands of checks that run for the first time would ask for it at each.
 */
const ROWS_PER_PAUSE_MS = 50;
const TELL_PAUSE_MS_MAX = 100;

interface MutableHeld {
  node: CatalogNodeFacts | undefined;
  readonly services: Map<string, ServiceFacts>;
  readonly checks: Map<string, CheckFacts>;
}

export class Syncer {
  readonly #own: OwnSide;
  readonly #deps: SyncerDeps;
  readonly #bell = new Bell();
  /** What the servers hold, as far as is known; absent: nothing is known yet. */
  #held: MutableHeld | undefined;
  #lastWrite = 0 as Index;
  #generation = 0;
  #settled = 0;
  readonly #waiters = new Set<() => void>();
  #retryMs = RETRY_MS_MIN;
  /** When to try again without being rung for. */
  #wakeAt: Millis | undefined;
  #lastComplaint = '';
  #leaving = false;
  #left = false;

  constructor(own: OwnSide, deps: SyncerDeps) {
    this.#own = own;
    this.#deps = deps;
  }

  /** Something changed here. */
  ring(): void {
    this.#generation += 1;
    this.#bell.ring();
  }

  /** Something is to be told then, and not before. */
  ringAt(at: Millis): void {
    if (this.#wakeAt !== undefined && this.#wakeAt <= at) return;
    this.#wakeAt = at;
    this.#bell.ring();
  }

  /** Resolves when the servers have all that was so until now, or when `signal` aborts. */
  async settled(signal: AbortSignal): Promise<void> {
    const wanted = this.#generation;
    while (this.#settled < wanted && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiters.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiters.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    }
  }

  /** Takes the machine out of the catalog instead, from now on. */
  leave(): void {
    this.#leaving = true;
    this.ring();
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#watch(signal), this.#tell(signal)]);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { link, clock, random } = this.#deps;
    let after: Index | undefined;
    let retryMs = RETRY_MS_MIN;
    while (!signal.aborted && !this.#leaving) {
      try {
        const rows = await link.watchNode(this.#own.nodeName, after, signal);
        after = rows.index;
        retryMs = RETRY_MS_MIN;
        if (rows.asOf >= this.#lastWrite) this.#absorb(rows);
        await clock.sleep(WATCH_PAUSE_MS, signal);
      } catch (error) {
        if (isAborted(signal)) return;
        this.#complain('watch', error);
        await clock.sleep(retryMs * (0.5 + random.next()), signal);
        retryMs = Math.min(2 * retryMs, RETRY_MS_MAX);
      }
    }
  }

  /** Keeps our own objects for what is equal to them: comparing those again costs nothing. */
  #absorb(rows: NodeRows): void {
    const own = this.#own.rows(elapsed(this.#deps.clock));
    this.#held = {
      node: rows.node,
      services: new Map(
        rows.services.map((row) => [row.id, canonical(own.services.get(row.id), row)]),
      ),
      checks: new Map(
        rows.checks.map((row) => [row.id, canonical(own.checks.get(row.id)?.facts, row)]),
      ),
    };
    this.#bell.ring();
  }

  async #tell(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps;
    while (!signal.aborted) {
      const generation = this.#generation;
      try {
        // Before the first answer of the servers nobody knows what differs.
        if (this.#held !== undefined || this.#leaving) {
          const isWhole = await this.#round(signal);
          this.#settle(generation);
          this.#retryMs = isWhole ? RETRY_MS_MIN : Math.min(2 * this.#retryMs, RETRY_MS_MAX);
        }
      } catch (error) {
        if (isAborted(signal)) return;
        this.#complain('tell', error);
        await clock.sleep(this.#retryMs * (0.5 + random.next()), signal);
        this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX);
        continue;
      }
      await clock.sleep(this.#pauseMs(), signal);
      const at = this.#wakeAt;
      const waitMs = at === undefined ? undefined : Math.max(at - elapsed(clock), 1);
      await this.#bell.wait(clock, waitMs, signal);
    }
    for (const wake of [...this.#waiters]) wake();
  }

  #pauseMs(): number {
    const { services, checks } = this.#own.rows(elapsed(this.#deps.clock));
    return Math.min((services.size + checks.size) / ROWS_PER_PAUSE_MS, TELL_PAUSE_MS_MAX);
  }

  /** Tells everything that differs. Answers false where some of it is to be tried again. */
  async #round(signal: AbortSignal): Promise<boolean> {
    if (this.#leaving) return this.#goodbye(signal);
    const { clock } = this.#deps;
    const now = elapsed(clock);
    const own = this.#own.rows(now);
    const held = this.#held;
    if (held === undefined) return true;
    const difference = differ(own, held, now);
    if (difference.tags.size > 0) this.#own.adoptTags(difference.tags);
    if (difference.verdicts.size > 0) this.#own.adoptVerdicts(difference.verdicts);
    const isWhole = isNone(difference) || (await this.#tellAll(own, held, difference, signal));
    this.#own.forgetRemoved((id) => held.services.has(id) || held.checks.has(id));
    this.#wakeAt = earliest(
      nextOutputAt(own, held, now),
      this.#own.changesAt(),
      isWhole ? undefined : ((elapsed(clock) + this.#retryMs) as Millis),
    );
    return isWhole;
  }

  async #goodbye(signal: AbortSignal): Promise<boolean> {
    if (this.#left) return true;
    await this.#deps.link.deregisterNode(this.#own.nodeName, signal);
    this.#left = true;
    return true;
  }

  async #tellAll(
    own: OwnRows,
    held: MutableHeld,
    difference: Difference,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { goneServices, goneChecks } = difference;
    await this.#takeAway(held, goneServices, goneChecks, signal);
    const refused = await this.#register(own.node, held, difference, signal);
    return refused === 0;
  }

  async #takeAway(
    held: MutableHeld,
    serviceIds: readonly string[],
    checkIds: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const node = this.#own.nodeName;
    for (const ids of chunks(serviceIds)) {
      await this.#wrote(
        this.#deps.link.deregister({ node, serviceIds: ids, checkIds: [] }, signal),
      );
      const gone = new Set(ids);
      for (const id of ids) held.services.delete(id);
      for (const [id, row] of held.checks) if (gone.has(row.serviceId)) held.checks.delete(id);
    }
    for (const ids of chunks(checkIds)) {
      await this.#wrote(
        this.#deps.link.deregister({ node, serviceIds: [], checkIds: ids }, signal),
      );
      for (const id of ids) held.checks.delete(id);
    }
  }

  /** Services before checks: a check needs its instance. Answers how many rows were not taken. */
  async #register(
    node: CatalogNodeFacts,
    held: MutableHeld,
    difference: Difference,
    signal: AbortSignal,
  ): Promise<number> {
    let left = 0;
    const services = chunks(difference.services);
    const checks = chunks(difference.checks);
    const parts = Math.max(services.length, difference.node ? 1 : 0);
    for (let i = 0; i < parts; i++) {
      left += await this.#registerPart(
        held,
        // Few checks go along with their services: one entry, and nobody sees one without the
        // other.
        { node, services: services[i] ?? [], checks: parts === 1 ? (checks.shift() ?? []) : [] },
        signal,
      );
    }
    for (const part of checks) {
      left += await this.#registerPart(held, { node, services: [], checks: part }, signal);
    }
    return left;
  }

  async #registerPart(held: MutableHeld, part: Part, signal: AbortSignal): Promise<number> {
    const skipNodeUpdate = held.node !== undefined && same(held.node, part.node);
    try {
      const { index, leftOut } = await this.#deps.link.register(
        { ...part, skipNodeUpdate },
        signal,
      );
      this.#lastWrite = Math.max(this.#lastWrite, index) as Index;
      const out = new Set(leftOut);
      held.node = part.node;
      for (const each of part.services) if (!out.has(each.id)) held.services.set(each.id, each);
      for (const each of part.checks) if (!out.has(each.id)) held.checks.set(each.id, each);
      return leftOut.length;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return this.#registerSingly(held, part, { error, signal });
    }
  }

  /** SY3. */
  async #registerSingly(
    held: MutableHeld,
    part: Part,
    { error, signal }: { readonly error: unknown; readonly signal: AbortSignal },
  ): Promise<number> {
    const { node, services, checks } = part;
    if (services.length + checks.length <= 1) {
      const what = [...services, ...checks].map(({ id }) => `"${id}"`).join() || 'the node';
      this.#complain(`register ${what}`, error);
      return 1;
    }
    let left = 0;
    for (const each of services) {
      left += await this.#registerPart(held, { node, services: [each], checks: [] }, signal);
    }
    for (const each of checks) {
      left += await this.#registerPart(held, { node, services: [], checks: [each] }, signal);
    }
    return left;
  }

  async #wrote(writing: Promise<Index>): Promise<void> {
    this.#lastWrite = Math.max(this.#lastWrite, await writing) as Index;
  }

  #settle(generation: number): void {
    this.#settled = generation;
    for (const wake of [...this.#waiters]) wake();
  }

  /** Once for each reason, not each time. */
  #complain(what: string, error: unknown): void {
    const line = `registrar: cannot ${what}: ${explain(error)}`;
    if (line !== this.#lastComplaint) this.#deps.log(line);
    this.#lastComplaint = line;
  }
}

interface Part {
  readonly node: CatalogNodeFacts;
  readonly services: readonly ServiceFacts[];
  readonly checks: readonly CheckFacts[];
}

function canonical<T extends object>(own: T | undefined, theirs: T): T {
  return own !== undefined && same(own, theirs) ? own : theirs;
}

/** True for what another try of the same will not change soon. */
function isRefusal(error: unknown): boolean {
  return error instanceof Failure && ['invalid', 'conflict', 'denied'].includes(error.fault);
}

function chunks<T>(rows: readonly T[]): (readonly T[])[] {
  const parts: (readonly T[])[] = [];
  for (let i = 0; i < rows.length; i += SYNC_ROWS_MAX) parts.push(rows.slice(i, i + SYNC_ROWS_MAX));
  return parts;
}

function earliest(...times: readonly (Millis | undefined)[]): Millis | undefined {
  const known = times.filter((at) => at !== undefined);
  return known.length === 0 ? undefined : (Math.min(...known) as Millis);
}
