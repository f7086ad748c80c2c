/**
 * Changes of what templates read, a few instances of a group at a time.
 *
 * TR1: no more instances of a group hold a place at once than its `max_parallel` (0: any number).
 * TR2: what failed on one instance is taken over by no other.
 * TR3: an instance that is over holds nothing; one that failed while it held its place has failed
 *      its change.
 */
import { same } from '../../base/same.ts';
import { isFindable } from '../model/alloc.ts';
import type { Alloc } from '../model/alloc.ts';
import type { AllocId, JobId, Namespace } from '../model/ids.ts';
import type { RolloutHolder, StoppedChange, TemplateRollout } from '../model/template-rollout.ts';
import type { Edit } from './edit.ts';
import { accepted, refused } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import type { RolloutBegun, RolloutEnded } from './rollout-entry.ts';
import { jobKey, rolloutKey } from './watch.ts';

export function beginRollout(edit: Edit, entry: RolloutBegun): Outcome {
  const { allocId, task, change } = entry;
  const alloc = edit.table('allocs').get(allocId);
  if (alloc === undefined || !isFindable(alloc)) {
    return refused('not_found', `allocation "${allocId}" does not run`);
  }
  const rollout = settled(edit, alloc);
  const { stopped } = rollout;
  if (stopped?.change === change) {
    return refused('invalid', `failed on allocation "${stopped.allocId}": ${stopped.reason}`);
  }
  const busy = new Set(rollout.holders.map((each) => each.allocId));
  const most = maxParallel(edit, alloc);
  if (!busy.has(allocId) && most > 0 && busy.size >= most) {
    return refused('conflict', `${busy.size} of "${alloc.group}" are changing already`);
  }
  const known = rollout.holders.find((each) => isOf(each, entry));
  const holder = { allocId, task, change, at: known?.at ?? entry.at };
  const others = rollout.holders.filter((each) => !isOf(each, entry));
  // Whoever takes another change over leaves behind what failed before it.
  put(edit, rollout, [...others, holder], undefined);
  return accepted(edit);
}

export function endRollout(edit: Edit, entry: RolloutEnded): Outcome {
  const alloc = edit.table('allocs').get(entry.allocId);
  if (alloc === undefined) return accepted(edit);
  const rollout = settled(edit, alloc);
  const before = edit.table('templateRollouts').get(keyOf(rollout));
  const held = before?.holders.find((each) => isOf(each, entry));
  if (held === undefined) return accepted(edit);
  const holders = rollout.holders.filter((each) => !isOf(each, entry));
  const { allocId, reason, at } = entry;
  const stopped = entry.healthy ? rollout.stopped : { change: held.change, allocId, reason, at };
  put(edit, rollout, holders, stopped);
  return accepted(edit);
}

/** Forgets what a job's groups were changing. */
export function forgetRollouts(edit: Edit, job: string): void {
  for (const each of edit.table('templateRollouts').valuesFrom(`${job}\0`)) {
    edit.deletePlain('templateRollouts', keyOf(each));
  }
}

/** The group's rollout without those that are over (TR3). */
function settled(edit: Edit, { namespace, jobId, group }: Alloc): TemplateRollout {
  const row = edit.table('templateRollouts').get(rolloutKey(namespace, jobId, group));
  const fresh = { createIndex: edit.index, modifyIndex: edit.index };
  if (row === undefined) return { namespace, jobId, group, holders: [], ...fresh };
  let stopped = row.stopped;
  const holders = row.holders.filter((holder) => {
    const alloc = edit.table('allocs').get(holder.allocId);
    if (alloc?.clientStatus === 'failed') {
      const reason = 'the allocation failed';
      stopped = { change: holder.change, allocId: holder.allocId, reason, at: edit.at };
    }
    return alloc !== undefined && isFindable(alloc);
  });
  return { ...row, holders, ...(stopped && { stopped }) };
}

function isOf(
  holder: RolloutHolder,
  { allocId, task }: { readonly allocId: AllocId; readonly task: string },
): boolean {
  return holder.allocId === allocId && holder.task === task;
}

function put(
  edit: Edit,
  of: TemplateRollout,
  holders: readonly RolloutHolder[],
  stopped: StoppedChange | undefined,
): void {
  const { namespace, jobId, group } = of;
  const key = keyOf(of);
  const before = edit.table('templateRollouts').get(key);
  if (holders.length === 0 && stopped === undefined) {
    edit.deletePlain('templateRollouts', key);
    return;
  }
  const written: TemplateRollout = {
    ...{ namespace, jobId, group, holders },
    ...(stopped && { stopped }),
    createIndex: before?.createIndex ?? edit.index,
    modifyIndex: edit.index,
  };
  if (before !== undefined && same({ ...written, modifyIndex: before.modifyIndex }, before)) return;
  edit.putPlain('templateRollouts', written, key);
}

function keyOf(of: {
  readonly namespace: Namespace;
  readonly jobId: JobId;
  readonly group: string;
}): string {
  return rolloutKey(of.namespace, of.jobId, of.group);
}

function maxParallel(edit: Edit, { namespace, jobId, jobVersion, group }: Alloc): number {
  const job = edit.jobVersion(jobKey(namespace, jobId), jobVersion);
  const update = job?.groups.find(({ name }) => name === group)?.update;
  return update?.onTemplateChange === true ? update.maxParallel : 0;
}
