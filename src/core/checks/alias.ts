/**
 * An alias is as healthy as what it stands for: an instance with its node, or a node.
 *
 * Source: https://developer.hashicorp.com/consul/docs/services/usage/checks#alias-checks
 */
import type { CheckFacts } from '../model/health-check.ts';
import { failedVerdict, passedVerdict, type Verdict } from './verdict.ts';

export type AliasedCheck = Pick<CheckFacts, 'name' | 'status' | 'output' | 'serviceId' | 'type'>;

/** What an alias stands for, as it is now. */
export interface AliasTarget {
  /** Empty: the node itself. */
  readonly serviceId: string;
  /** True where the node has an instance by that id; of no meaning for the node itself. */
  readonly isRegistered: boolean;
  /** All of its node's. */
  readonly checks: Iterable<AliasedCheck>;
}

/** The health of the target. Checks of the node count for each of its instances. */
export function aliasVerdict({ serviceId, isRegistered, checks }: AliasTarget): Verdict {
  if (serviceId !== '' && !isRegistered) {
    return failedVerdict(`Service ${serviceId} could not be found on the node`);
  }
  let found: Verdict | undefined;
  for (const check of checks) {
    if (check.serviceId !== '' && check.serviceId !== serviceId) continue;
    found ??= passedVerdict('All checks passing.');
    if (check.status === 'passing') continue;
    // Aliases of each other hand one reason on; wrapped each time it would grow without end.
    const output =
      check.type === 'alias'
        ? check.output
        : `Aliased check "${check.name}" failing: ${check.output}`;
    if (check.status === 'critical') return { status: 'critical', output };
    found = { status: 'warning', output };
  }
  return found ?? passedVerdict('No checks found.');
}
