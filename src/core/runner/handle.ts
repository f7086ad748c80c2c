/**
 * What the machines know of drivers: a token that finds a running task again, and how a task ended.
 * Both are the shapes of `ports/driver.ts`, said here because the core imports no port.
 */
import type { Millis } from '../../base/brand.ts';
import type { Json } from '../../base/json.ts';

/** Finds a running task again. The machines carry it and never look inside. */
export interface Handle {
  readonly driver: string;
  readonly version: number;
  readonly startedAt: Millis;
  readonly state: Readonly<Record<string, Json>>;
}

/** How a task ended. */
export interface Exit {
  /** 0 to 255; 128 + signal where it was killed. */
  readonly exitCode: number;
  /** Number of the signal that ended it; 0: none. */
  readonly signal: number;
  readonly oomKilled: boolean;
  readonly endedAt: Millis;
  /** Set when how it ended could not be learnt. */
  readonly unknown?: string;
}

/** True where the task did what it was asked to. */
export function isSuccess(exit: Exit): boolean {
  return exit.exitCode === 0 && exit.signal === 0 && !exit.oomKilled && exit.unknown === undefined;
}
