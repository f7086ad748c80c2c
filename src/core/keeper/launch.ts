/**
 * What a client asks of its keeper, and what it keeps to find a task again: plain JSON, because all
 * of it crosses the keeper's socket and `Kept` rests on disk.
 */
import type { Millis } from '../../base/brand.ts';

/** One process to start, with nothing left to be decided by the keeper. */
export interface Launch {
  /**
   * Names this start and no other. A repetition with the same id is answered with the process that
   * the first one started.
   */
  readonly id: string;
  /** The program's absolute path first. */
  readonly argv: readonly string[];
  /** All of it; nothing of the keeper's own environment is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Absent: the keeper's own user. */
  readonly user?: LaunchUser;
  /**
   * A program with arguments that is run before, still as the keeper's user, and turns into the
   * task: `nsenter --net=... --`. Empty: none.
   */
  readonly through: readonly string[];
  /** Who may reopen the pipes of the output (`/dev/stdout`) where that is not `user`. */
  readonly outputOwner?: { readonly uid: number; readonly gid: number };
  /** Directories of cgroups that the process is born in, at most one in each hierarchy. */
  readonly bornIn: readonly string[];
  /** Directories of cgroups whose processes, and those in cgroups below, all belong to the task. */
  readonly cgroups: readonly string[];
  /** Absent: output goes nowhere. */
  readonly stdout?: LogTarget;
  readonly stderr?: LogTarget;
}

export interface LaunchUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
}

/** Files `BASE.0`, `BASE.1`, ... of which the newest `maxFiles` are kept. */
export interface LogTarget {
  /** An absolute path without the number: `.../alloc/logs/web.stdout`. */
  readonly base: string;
  readonly maxFiles: number;
  /** [bytes] */
  readonly maxFileSize: number;
}

/** A started process: enough to find it again from a new client or a new keeper. */
export interface Kept {
  readonly id: string;
  readonly pid: number;
  /** Together with `pid` and `bootId` names one process for good: pids are used again. */
  readonly startTicks: number;
  readonly bootId: string;
  readonly startedAt: Millis;
  readonly cgroups: readonly string[];
  readonly stdout?: Outlet;
  readonly stderr?: Outlet;
}

/** One stream of output on its way to its files. */
export interface Outlet {
  readonly fifo: string;
  readonly target: LogTarget;
}

/** How a process ended. */
export interface Ended {
  /** 0 to 255; 128 + signal where a signal ended it. */
  readonly exitCode: number;
  /** 0: none. */
  readonly signal: number;
  readonly endedAt: Millis;
  /** Set when how it ended could not be learnt; then `exitCode` is `UNKNOWN_EXIT_CODE`. */
  readonly unknown?: string;
}

/** Told where nobody knows: not 0, so that it is never taken for success. */
export const UNKNOWN_EXIT_CODE = 255;

/** How a wait status of the kernel reads (`waitpid`, or field 52 of `/proc/PID/stat`). */
export function endedFrom(waitStatus: number, endedAt: Millis): Ended {
  const signal = waitStatus & 0x7f;
  const exitCode = signal === 0 ? (waitStatus >> 8) & 0xff : 128 + signal;
  return { exitCode, signal, endedAt };
}
