/**
 * Everything that a task started, and its end.
 *
 * T1: with a cgroup nothing escapes, daemons that forked twice and made sessions included.
 * T2: without one, the session, the process group and all their descendants are found by `/proc`;
 *     what left all three is lost sight of.
 * T3: the keeper never kills itself.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../base/failure.ts';
import type { Kept } from '../core/keeper/launch.ts';
import { allProcesses } from './proc.ts';

/**
 * A process in the middle of a slow write cannot die before that ends; waiting longer seldom helps.
 */
const KILL_MS_MAX = 15_000;
const POLL_MS_MAX = 50;

/**
 * Kills all of it and resolves when nothing is left.
 *
 * Fails: `unavailable` when something does not die.
 */
export async function killTree(kept: Kept): Promise<void> {
  const deadline = performance.now() + KILL_MS_MAX;
  for (let pollMs = 1; ; pollMs = Math.min(pollMs * 2, POLL_MS_MAX)) {
    const pids = membersOf(kept);
    if (pids.length === 0) return;
    if (performance.now() > deadline) {
      throw new Failure('unavailable', `${pids.length} processes of the task do not end`, {
        facts: { id: kept.id, pids: pids.join(' ') },
      });
    }
    if (kept.cgroups.length === 0) for (const pid of pids) kill(pid);
    else for (const dir of kept.cgroups) killCgroup(dir);
    await delay(pollMs);
  }
}

/** Pids of what lives of the task. */
export function membersOf(kept: Kept): readonly number[] {
  const pids =
    kept.cgroups.length === 0 ? family(kept) : kept.cgroups.flatMap((dir) => cgroupMembers(dir));
  return pids.filter((pid) => pid !== process.pid);
}

function killCgroup(dir: string): void {
  const pids = cgroupMembers(dir);
  if (pids.length === 0) return;
  // T3: while it starts a task the keeper stands in the task's cgroup; never across a wait, but a
  // step back that failed must not become its end.
  const own = pids.includes(process.pid);
  if (!own && put(join(dir, 'cgroup.kill'), '1')) return;
  // Frozen, a tree cannot fork faster than it is killed. (cgroup v1; v2 before 5.14 just loops.)
  const frozen = !own && put(join(dir, 'freezer.state'), 'FROZEN');
  for (const pid of cgroupMembers(dir)) kill(pid);
  if (frozen) put(join(dir, 'freezer.state'), 'THAWED');
}

/** Of a cgroup and those below it, which containers make. */
function cgroupMembers(dir: string): number[] {
  let text: string;
  let below: string[];
  try {
    text = readFileSync(join(dir, 'cgroup.procs'), 'latin1');
    below = readdirSync(dir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
  const pids = text.split('\n').filter((line) => line !== '' && line !== '0');
  return [...pids.map(Number), ...below.flatMap((name) => cgroupMembers(join(dir, name)))];
}

function family(kept: Kept): number[] {
  const alive = allProcesses().filter((stat) => stat.state !== 'Z');
  const found = new Set<number>();
  for (let grown = true; grown;) {
    grown = false;
    for (const stat of alive) {
      if (found.has(stat.pid) || stat.startTicks < kept.startTicks) continue;
      const related = stat.session === kept.pid || stat.pgrp === kept.pid || found.has(stat.ppid);
      if (!related) continue;
      found.add(stat.pid);
      grown = true;
    }
  }
  return [...found];
}

function kill(pid: number): void {
  if (pid === process.pid) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone between looking and killing.
  }
}

function put(file: string, value: string): boolean {
  if (!existsSync(file)) return false;
  try {
    writeFileSync(file, value);
    return true;
  } catch {
    return false;
  }
}
