/**
 * `distinct_hosts` and `distinct_property`: nodes that are out of question because of where the job
 * already runs.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/constraint#distinct_hosts
 */
import type { Distinct } from './feasible/requirement.ts';
import { compileTarget, type Target } from './feasible/target.ts';
import type { Ledger } from './ledger.ts';
import type { Proposed } from './proposed.ts';
import type { Ranking } from './rank/ranking.ts';

/**
 * Looks again at a node, and at those that share a value with it, after the proposal changed there.
 */
export type Reconsider = (slot: number) => void;

/** What the rules look at. */
export interface DistinctScope {
  readonly ledger: Ledger;
  readonly ranking: Ranking;
  readonly proposed: Proposed;
  readonly group: string;
}

/** Masks what is out of question now, and answers how to keep it so; undefined without rules. */
export function watchDistinct(
  rules: readonly Distinct[],
  scope: DistinctScope,
): Reconsider | undefined {
  const hosts = rules.filter(
    ({ constraint }) => constraint.operand === 'distinct_hosts' && constraint.rTarget !== 'false',
  );
  const properties = rules
    .filter(({ constraint }) => constraint.operand === 'distinct_property')
    .map((rule) => compileProperty(rule, scope));
  if (hosts.length === 0 && properties.length === 0) return undefined;
  const judge = (slot: number): void => {
    scope.ranking.mask(slot, hostRefusal(hosts, slot, scope) ?? propertyRefusal(properties, slot));
  };
  for (const slot of properties.length > 0 ? scope.ledger.order : scope.proposed.slots()) {
    judge(slot);
  }
  return (slot) => {
    for (const property of properties) property.recount();
    judge(slot);
    for (const property of properties) {
      for (const peer of property.peers(slot)) judge(peer);
    }
  };
}

function hostRefusal(
  rules: readonly Distinct[],
  slot: number,
  { proposed, group }: DistinctScope,
): string | undefined {
  const full = rules.some(({ wholeJob }) => proposed.count(slot, wholeJob ? undefined : group) > 0);
  return full ? 'distinct_hosts' : undefined;
}

interface Property {
  readonly refusal: (slot: number) => string | undefined;
  readonly recount: () => void;
  /** Slots of equal value. */
  readonly peers: (slot: number) => readonly number[];
}

function propertyRefusal(properties: readonly Property[], slot: number): string | undefined {
  for (const property of properties) {
    const reason = property.refusal(slot);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** The right side is how many may share a value: one unless said. */
function compileProperty({ constraint, wholeJob }: Distinct, scope: DistinctScope): Property {
  const { ledger, proposed } = scope;
  const read: Target = compileTarget(constraint.lTarget);
  const limit = Math.max(1, Number.parseInt(constraint.rTarget, 10) || 1);
  const bySlot = new Map<number, string | undefined>();
  const byValue = new Map<string, number[]>();
  for (const slot of ledger.order) {
    const value = read(ledger.nodeAt(slot));
    bySlot.set(slot, value);
    if (value === undefined) continue;
    const slots = byValue.get(value);
    if (slots === undefined) byValue.set(value, [slot]);
    else slots.push(slot);
  }
  const counts = new Map<string, number>();
  const recount = (): void => {
    counts.clear();
    for (const slot of proposed.slots()) {
      const value = bySlot.get(slot);
      if (value === undefined) continue;
      const more = proposed.count(slot, wholeJob ? undefined : scope.group);
      counts.set(value, (counts.get(value) ?? 0) + more);
    }
  };
  recount();
  return {
    recount,
    peers: (slot) => byValue.get(bySlot.get(slot) ?? '') ?? [],
    refusal: (slot) => {
      const value = bySlot.get(slot);
      if (value === undefined) return `missing property "${constraint.lTarget}"`;
      const used = counts.get(value) ?? 0;
      return used < limit
        ? undefined
        : `distinct_property: ${constraint.lTarget}=${value} used by ${used} allocs`;
    },
  };
}
