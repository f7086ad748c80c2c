/** Puts together what is told of an allocation's checks: what they are, and what was last noted. */
import type { Millis } from '../../base/brand.ts';
import type { CheckResult } from '../model/check-result.ts';
import type { HealthStatus } from '../model/health-check.ts';
import { allChecks, type OfferPlace, type Offers } from './offers.ts';

/** What the registrar said of a check. */
export interface CheckNote {
  readonly status: HealthStatus;
  readonly output: string;
  /** False until the check ran. */
  readonly known: boolean;
  readonly at: Millis;
}

/**
 * The checks that are offered now, in their order.
 *
 * @param name of the allocation
 * @param notes by id of the check
 */
export function checkResults(
  place: OfferPlace,
  { services, checks }: Offers,
  { name, notes }: { readonly name: string; readonly notes: ReadonlyMap<string, CheckNote> },
): readonly CheckResult[] {
  const watched = new Map(allChecks(place).map((check) => [check.id, check]));
  return checks.map(({ definition }) => {
    const { id, probe, serviceId } = definition;
    const about = watched.get(id);
    const note = notes.get(id);
    return {
      ...{ id, name: definition.name, group: name, task: about?.task ?? '' },
      service: services.find((service) => service.id === serviceId)?.name ?? '',
      mode: about?.onUpdate === 'ignore' ? 'readiness' : 'healthiness',
      statusCode: probe.kind === 'http' ? statusCode(note?.output ?? '') : 0,
      ...outcomeOf(note),
    };
  });
}

function outcomeOf(note: CheckNote | undefined): Pick<CheckResult, 'status' | 'output' | 'at'> {
  const output = note?.output ?? '';
  if (note?.known !== true) return { status: 'pending', output };
  return { status: outcome(note.status), output, at: note.at };
}

/** Who asks for these knows only two. */
function outcome(status: HealthStatus): CheckResult['status'] {
  return status === 'passing' ? 'success' : 'failure';
}

/** As an HTTP check's output begins: `HTTP GET url: 200 OK Output: ...`. */
function statusCode(output: string): number {
  return Number(/^HTTP [A-Z]+ \S+: (\d{3}) /.exec(output)?.[1] ?? 0);
}
