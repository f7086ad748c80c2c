/**
 * What an allocation offers at one moment: the services of its group while any of its main tasks
 * runs, and each task's while that task runs.
 *
 * O1: a task that is on its way down (draining, killed, restarting) offers nothing: services leave
 *     the catalog before the kill signal.
 * O2: a function of job, allocation and what runs alone: asked twice, it answers the same.
 */
import { interpolate, type Lookup } from '../interpolate/replace.ts';
import type { Alloc } from '../model/alloc.ts';
import type { ServiceFacts } from '../model/catalog.ts';
import type { Service } from '../model/service.ts';
import type { TaskGroup } from '../model/task-group.ts';
import type { Task } from '../model/task.ts';
import type { AllocRun } from '../runner/alloc.ts';
import type { WatchedCheck } from '../runner/checks.ts';
import { instanceId, instanceOf, type Reach } from './offer.ts';
import { offeredCheck, taskOf, type OfferedCheck } from './offered-check.ts';

export interface Offers {
  readonly services: readonly ServiceFacts[];
  readonly checks: readonly OfferedCheck[];
}

/** Where an allocation runs, as far as its offers need it. */
export interface OfferPlace {
  readonly alloc: Pick<Alloc, 'id' | 'ports' | 'deploymentStatus'>;
  readonly group: TaskGroup;
  readonly hostAddress: string;
  readonly allocAddress?: string;
  /** What names mean in the texts of a task's services, or (without a task) of the group's. */
  lookupOf(task: Task | undefined): Lookup;
}

export const NO_OFFERS: Offers = { services: [], checks: [] };

/** What is to be found in the catalog of an allocation that is as far as `run` (O1, O2). */
export function offersOf(place: OfferPlace, run: AllocRun): Offers {
  if (run.life.stage !== 'running') return NO_OFFERS;
  const up = place.group.tasks.filter((task) => run.tasks[task.name]?.life.phase === 'running');
  const isUp = up.some((task) => task.lifecycle === undefined);
  const offers = [
    ...(isUp ? place.group.services.map((each) => offer(each, groupReach(place))) : []),
    ...up.flatMap((task) => task.services.map((each) => offer(each, taskReach(place, task)))),
  ];
  return {
    services: offers.map(({ service }) => service),
    checks: offers.flatMap(({ checks }) => checks),
  };
}

/** Every check that the allocation will have once all of it runs. */
export function allChecks(place: OfferPlace): readonly WatchedCheck[] {
  return [
    ...place.group.services.flatMap((each) => watched(each, groupReach(place))),
    ...place.group.tasks.flatMap((task) =>
      task.services.flatMap((each) => watched(each, taskReach(place, task))),
    ),
  ];
}

function watched(service: Service, reach: Reach): readonly WatchedCheck[] {
  return service.checks.flatMap((check, at) => {
    const offered = offeredCheck(service, at, reach);
    if (offered === undefined) return [];
    const task = taskOf(check, service, reach);
    return [
      {
        id: offered.definition.id,
        name: offered.definition.name,
        intervalMs: check.intervalMs,
        onUpdate: check.onUpdate,
        ...(task === undefined ? {} : { task }),
        ...(check.checkRestart === undefined ? {} : { restart: check.checkRestart }),
      },
    ];
  });
}

function offer(
  service: Service,
  reach: Reach,
): { readonly service: ServiceFacts; readonly checks: readonly OfferedCheck[] } {
  return {
    service: instanceOf(service, reach),
    checks: service.checks.flatMap((_, at) => offeredCheck(service, at, reach) ?? []),
  };
}

function groupReach(place: OfferPlace): Reach {
  return {
    ...place,
    owner: `group-${place.group.name}`,
    lookup: place.lookupOf(undefined),
    instanceNamed: (name) => instanceIn(place, name),
  };
}

function taskReach(place: OfferPlace, task: Task): Reach {
  return {
    ...place,
    owner: task.name,
    task: task.name,
    lookup: place.lookupOf(task),
    instanceNamed: (name) => instanceIn(place, name),
  };
}

/** The first of that name, the group's before its tasks'. */
function instanceIn(place: OfferPlace, wanted: string): string | undefined {
  const { services, tasks } = place.group;
  const among = (all: readonly Service[], reach: Reach): string | undefined => {
    const found = all.find(({ name }) => interpolate(name, reach.lookup) === wanted);
    return found && instanceId(found, reach);
  };
  const ofGroup = among(services, groupReach(place));
  if (ofGroup !== undefined) return ofGroup;
  for (const task of tasks) {
    const ofTask = among(task.services, taskReach(place, task));
    if (ofTask !== undefined) return ofTask;
  }
  return undefined;
}
