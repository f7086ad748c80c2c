/**
 * The difference between two versions of a job, as `plan` and `job history -p` tell it.
 *
 * F3: every group and every task of either version is told, unchanged ones as `None`.
 *
 * Source: https://developer.hashicorp.com/nomad/api-docs/jobs#plan-a-job
 */
import type { Json, JsonObject } from '../../base/json.ts';
import type { DesiredUpdates, PlanAnnotations } from '../../core/model/plan.ts';
import { isObject } from '../codec/codec.ts';
import { compare, fieldDiffs, orNull, partDiffs, sideType } from './diff-object.ts';
import type { DiffType, FieldDiff, ObjectDiff, ObjectSpec } from './diff-object.ts';
import { GROUP, JOB, RESTART, TASK } from './diff-specs.ts';

export interface JobDiff {
  readonly Type: DiffType;
  readonly ID: string;
  readonly Fields: readonly FieldDiff[] | null;
  readonly Objects: readonly ObjectDiff[] | null;
  readonly TaskGroups: readonly TaskGroupDiff[] | null;
}

export interface TaskGroupDiff extends ObjectDiff {
  readonly Tasks: readonly TaskDiff[] | null;
  /** How many allocations get which treatment; only in plans. */
  readonly Updates: Readonly<Record<string, number>> | null;
}

export interface TaskDiff extends ObjectDiff {
  readonly Annotations: readonly string[] | null;
}

/**
 * Compares two wire forms of a job.
 *
 * @param before the present version, or undefined when there is none
 * @param annotations what the scheduler would do, for plans
 */
export function jobDiff(
  before: JsonObject | undefined,
  after: JsonObject | undefined,
  annotations?: PlanAnnotations,
): JobDiff {
  const fields = fieldDiffs(JOB, before, after, false);
  const objects = partDiffs(JOB.parts ?? [], before, after);
  const pairs = pairByName(before?.['TaskGroups'], after?.['TaskGroups']);
  const groups = pairs.map(([old, now]) => groupDiff(old, now, annotations));
  const changed =
    fields.length > 0 || objects.length > 0 || groups.some((group) => group.Type !== 'None');
  return {
    Type: sideType(before, after, changed),
    ID: nameOf((after ?? before)?.['ID']),
    Fields: orNull(fields),
    Objects: orNull(objects),
    TaskGroups: orNull(groups),
  };
}

type Side = JsonObject | undefined;

function groupDiff(
  before: Side,
  after: Side,
  annotations: PlanAnnotations | undefined,
): TaskGroupDiff {
  const name = nameOf((after ?? before)?.['Name']);
  const plain = fieldDiffs(GROUP, before, after, false);
  const objects = partDiffs(GROUP.parts ?? [], before, after);
  const pairs = pairByName(before?.['Tasks'], after?.['Tasks']);
  const groupRestarts = [before?.['RestartPolicy'], after?.['RestartPolicy']] as const;
  const tasks = pairs.map(([old, now]) => taskDiff(old, now, groupRestarts));
  const changed =
    plain.length > 0 || objects.length > 0 || tasks.some((task) => task.Type !== 'None');
  const type = sideType(before, after, changed);
  const planned = annotations !== undefined;
  const updates = annotations?.desired[name];
  return {
    Type: type,
    Name: name,
    Fields: orNull(planned ? plain.map(annotateCount) : plain),
    Objects: orNull(objects),
    Tasks: orNull(planned ? tasks.map((task) => annotateTask(task, type)) : tasks),
    Updates: updates === undefined ? null : countUpdates(updates),
  };
}

function taskDiff(
  before: Side,
  after: Side,
  groupRestarts: readonly [Json | undefined, Json | undefined],
): TaskDiff {
  const spec = withOwnRestart(TASK, [before, after], groupRestarts);
  const fields = fieldDiffs(spec, before, after, false);
  const objects = partDiffs(spec.parts ?? [], before, after);
  return {
    Type: sideType(before, after, fields.length > 0 || objects.length > 0),
    Name: nameOf((after ?? before)?.['Name']),
    Fields: orNull(fields),
    Objects: orNull(objects),
    Annotations: null,
  };
}

/** A task has its group's restart policy unless it says otherwise; only then is it told. */
function withOwnRestart(
  spec: ObjectSpec,
  sides: readonly [Side, Side],
  groupRestarts: readonly [Json | undefined, Json | undefined],
): ObjectSpec {
  const own = sides.some(
    (side, i) =>
      side !== undefined &&
      JSON.stringify(side['RestartPolicy'] ?? null) !== JSON.stringify(groupRestarts[i] ?? null),
  );
  return own ? { ...spec, parts: [...(spec.parts ?? []), RESTART] } : spec;
}

function pairByName(
  before: Json | undefined,
  after: Json | undefined,
): readonly (readonly [Side, Side])[] {
  const old = byName(before);
  const now = byName(after);
  const names = [...new Set([...old.keys(), ...now.keys()])].sort(compare);
  return names.map((name) => [old.get(name), now.get(name)]);
}

function byName(items: Json | undefined): ReadonlyMap<string, JsonObject> {
  const objects = (Array.isArray(items) ? items.filter(isObject) : []) as readonly JsonObject[];
  return new Map(objects.map((one) => [nameOf(one['Name']), one]));
}

function nameOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

const UPDATES: readonly (readonly [keyof DesiredUpdates, string])[] = [
  ['ignore', 'ignore'],
  ['place', 'create'],
  ['stop', 'destroy'],
  ['migrate', 'migrate'],
  ['canary', 'canary'],
  ['inPlaceUpdate', 'in-place update'],
  ['destructiveUpdate', 'create/destroy update'],
  ['preemptions', 'preemption'],
];

function countUpdates(desired: DesiredUpdates): Readonly<Record<string, number>> | null {
  const counted = UPDATES.map(([key, name]) => [name, desired[key]] as const);
  const some = counted.filter(([, count]) => count > 0);
  return some.length === 0 ? null : Object.fromEntries(some);
}

function annotateCount(field: FieldDiff): FieldDiff {
  if (field.Name !== 'Count' || field.Type === 'None') return field;
  const grows = field.Type === 'Added' || Number(field.New) > Number(field.Old);
  return { ...field, Annotations: [grows ? 'forces create' : 'forces destroy'] };
}

/** Changes that a running task survives. */
const HARMLESS_FIELDS = new Set(['KillTimeout']);
const HARMLESS_OBJECTS = new Set(['LogConfig', 'Service', 'Constraint', 'Affinity']);

function annotateTask(task: TaskDiff, group: DiffType): TaskDiff {
  if (task.Type === 'None') return task;
  const whole = group === 'Added' || group === 'Deleted';
  if (whole) {
    return { ...task, Annotations: [group === 'Added' ? 'forces create' : 'forces destroy'] };
  }
  const destructive =
    task.Fields?.some((field) => !HARMLESS_FIELDS.has(field.Name)) === true ||
    task.Objects?.some((object) => !HARMLESS_OBJECTS.has(object.Name)) === true;
  const how = destructive ? 'forces create/destroy update' : 'forces in-place update';
  return { ...task, Annotations: [how] };
}
