/**
 * What the servers must be told so that they hold of this machine what its agent says.
 *
 * S1: what both sides hold alike is not told; when nothing is to be told, both hold the same.
 * S2: the agent's word counts, but for tags of instances that let others override theirs.
 * S3: rows of allocations that this agent does not know are left alone as long as they may still be
 *     registered again; rows that it took away itself are told until they are gone.
 * S5: a check that has found nothing yet goes on from what the servers know of it: a restart of the
 *     agent makes nothing critical that was not.
 * S4: names of machines are compared without regard to case.
 */
import type { Millis } from '../../base/brand.ts';
import { same } from '../../base/same.ts';
import { folded, type CatalogNodeFacts, type ServiceFacts } from '../model/catalog.ts';
import type { CheckFacts } from '../model/health-check.ts';
import type { Verdict } from './verdict.ts';

/** A check as this agent has it. */
export interface OwnCheck {
  readonly facts: CheckFacts;
  /**
   * True: it has found nothing yet. What the servers know of the same check from before, such as
   * before a restart of the agent, is taken over (S5).
   */
  readonly pending?: boolean;
  /** Until then, a difference in the output alone is not worth telling; absent: it is. */
  readonly outputHeldUntil?: Millis;
}

/** All that this agent says of its machine. */
export interface OwnRows {
  readonly node: CatalogNodeFacts;
  readonly services: ReadonlyMap<string, ServiceFacts>;
  readonly checks: ReadonlyMap<string, OwnCheck>;
  /** Rows of allocations that it took away: ids of instances, and of checks. */
  /** True: rows of allocations that it does not know may be registered again (S3). */
  readonly expectsAllocs: boolean;
  readonly removed: {
    readonly services: ReadonlySet<string>;
    readonly checks: ReadonlySet<string>;
  };
}

/** What the servers hold of it. */
export interface HeldRows {
  /** Absent: they do not know the machine. */
  readonly node: CatalogNodeFacts | undefined;
  readonly services: ReadonlyMap<string, ServiceFacts>;
  readonly checks: ReadonlyMap<string, CheckFacts>;
}

export interface Difference {
  /** True: the node's own row is to be written. */
  readonly node: boolean;
  readonly services: readonly ServiceFacts[];
  readonly checks: readonly CheckFacts[];
  readonly goneServices: readonly string[];
  readonly goneChecks: readonly string[];
  /** Tags that others gave, by id of the instance: to be taken over (S2). */
  readonly tags: ReadonlyMap<string, readonly string[]>;
  /** What the servers know of checks that have found nothing yet: to be taken over (S5). */
  readonly verdicts: ReadonlyMap<string, Verdict>;
}

/** Compares both sides. */
export function differ(own: OwnRows, held: HeldRows, now: Millis): Difference {
  const tags = foreignTags(own, held);
  const verdicts = knownVerdicts(own, held);
  const goneServices = goneIds(own.services, held.services, {
    removed: own.removed.services,
    expectsAllocs: own.expectsAllocs,
  });
  const withThem = new Set(goneServices);
  const goneChecks = goneIds(own.checks, held.checks, {
    removed: own.removed.checks,
    expectsAllocs: own.expectsAllocs,
  }).filter(
    // Those of an instance go with it.
    (id) => !withThem.has(held.checks.get(id)?.serviceId ?? ''),
  );
  return {
    node: held.node === undefined || !isSameNode(own.node, held.node),
    services: [...own.services.values()].filter((each) => {
      const theirs = held.services.get(each.id);
      const mine = tags.has(each.id) ? { ...each, tags: tags.get(each.id) } : each;
      return !same(mine, theirs);
    }),
    checks: [...own.checks.values()]
      .filter((each) => !isTold(each, held.checks.get(each.facts.id), now))
      .map(({ facts }) => ({ ...facts, ...verdicts.get(facts.id) })),
    goneServices,
    goneChecks,
    tags,
    verdicts,
  };
}

/** S4. */
function isSameNode(own: CatalogNodeFacts, held: CatalogNodeFacts): boolean {
  return folded(own.name) === folded(held.name) && same(own, { ...held, name: own.name });
}

/** True when there is nothing to tell. */
export function isNone(difference: Difference): boolean {
  const { node, services, checks, goneServices, goneChecks } = difference;
  return !node && [services, checks, goneServices, goneChecks].every((each) => each.length === 0);
}

/** When an output that is held back is to be told; undefined: none is. */
export function nextOutputAt(own: OwnRows, held: HeldRows, now: Millis): Millis | undefined {
  let first: Millis | undefined;
  for (const { facts, outputHeldUntil: at } of own.checks.values()) {
    if (at === undefined || at <= now || (first !== undefined && first <= at)) continue;
    if (held.checks.get(facts.id)?.output !== facts.output) first = at;
  }
  return first;
}

function isTold(own: OwnCheck, held: CheckFacts | undefined, now: Millis): boolean {
  if (held === undefined) return false;
  if (own.pending === true) {
    const { status, output } = held;
    return same({ ...own.facts, status, output }, held);
  }
  const holdsBack = own.outputHeldUntil !== undefined && own.outputHeldUntil > now;
  return same(own.facts, holdsBack ? { ...held, output: own.facts.output } : held);
}

function foreignTags(own: OwnRows, held: HeldRows): ReadonlyMap<string, readonly string[]> {
  const tags = new Map<string, readonly string[]>();
  for (const service of own.services.values()) {
    const theirs = held.services.get(service.id);
    if (!service.enableTagOverride || theirs === undefined) continue;
    if (!same(theirs.tags, service.tags)) tags.set(service.id, theirs.tags);
  }
  return tags;
}

function knownVerdicts(own: OwnRows, held: HeldRows): ReadonlyMap<string, Verdict> {
  const verdicts = new Map<string, Verdict>();
  for (const { facts, pending } of own.checks.values()) {
    const theirs = pending === true ? held.checks.get(facts.id) : undefined;
    if (theirs === undefined) continue;
    const { status, output } = theirs;
    if (status !== facts.status || output !== facts.output) {
      verdicts.set(facts.id, { status, output });
    }
  }
  return verdicts;
}

function goneIds(
  own: ReadonlyMap<string, unknown>,
  held: ReadonlyMap<string, { readonly allocId?: string }>,
  { removed, expectsAllocs }: { removed: ReadonlySet<string>; expectsAllocs: boolean },
): readonly string[] {
  const isLeft = (id: string, { allocId }: { readonly allocId?: string }): boolean =>
    expectsAllocs && allocId !== undefined && !removed.has(id);
  return [...held].filter(([id, row]) => !own.has(id) && !isLeft(id, row)).map(([id]) => id);
}
