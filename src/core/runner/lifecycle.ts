/**
 * In which order a group's tasks come up and go down.
 *
 * L1: prestart tasks first; main tasks once those that end have ended well and the sidecars run;
 *     poststart tasks once every main task has started; poststop tasks once all others are dead.
 * L2: on the way down the leader goes first, then the others, then the sidecars; poststop tasks
 *     are never killed by their group, they run to their end.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/lifecycle
 */
import type { Lifecycle } from '../model/task.ts';
import { isDead, type TaskRun } from './task.ts';

/** A task's place in its group. */
export interface TaskRole {
  readonly hook: Lifecycle['hook'] | 'main';
  readonly sidecar: boolean;
  readonly leader: boolean;
}

export interface Member {
  readonly name: string;
  readonly role: TaskRole;
  readonly run: TaskRun;
}

/** The waiting tasks whose turn has come (L1), poststop tasks excepted. */
export function mayBegin(members: readonly Member[]): readonly Member[] {
  const prestart = members.filter((m) => m.role.hook === 'prestart');
  const main = members.filter((m) => m.role.hook === 'main');
  const mainOpen = prestart.every((m) => (m.role.sidecar ? isUp(m) : isDone(m)));
  const poststartOpen = mainOpen && main.every((m) => m.run.startedAt !== undefined);
  return members.filter((m) => {
    if (m.run.life.phase !== 'waiting') return false;
    switch (m.role.hook) {
      case 'prestart':
        return true;
      case 'main':
        return mainOpen;
      case 'poststart':
        return poststartOpen;
      case 'poststop':
        return false;
    }
  });
}

/** Of those alive, the ones to be killed now; the rest waits until they are dead (L2). */
export function nextToKill(members: readonly Member[]): readonly Member[] {
  const live = members.filter(isBody);
  const first = Math.min(...live.map(rankDown));
  return live.filter((m) => rankDown(m) === first);
}

/** Alive and not a poststop task. */
export function isBody(member: Member): boolean {
  return member.role.hook !== 'poststop' && !isDead(member.run);
}

/** True where only sidecars are left of the body: their work is done. */
export function onlySidecars(members: readonly Member[]): boolean {
  const live = members.filter(isBody);
  return live.length > 0 && live.every((m) => m.role.sidecar);
}

function rankDown({ role }: Member): number {
  if (role.leader) return 0;
  return role.sidecar ? 2 : 1;
}

function isUp({ run }: Member): boolean {
  return run.life.phase === 'running';
}

function isDone({ run }: Member): boolean {
  return isDead(run) && !run.failed;
}
