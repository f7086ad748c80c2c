/**
 * What a client and its keeper say to each other: JSON in frames, a request and its one reply.
 *
 * P1: the keeper outlives builds. A message, once released, keeps its meaning; a client speaks to a
 *     keeper of this version and of the one before.
 * P2: every request may be repeated; a repetition has the effect of one.
 */
import type { Fault } from '../../base/failure.ts';
import type { Ended, Kept, Launch } from './launch.ts';

export const KEEPER_PROTOCOL = 1;
/** The oldest that this build still understands (P1). */
export const KEEPER_PROTOCOL_MIN = 1;

export type KeeperCall =
  | { readonly do: 'hello'; readonly protocol: number; readonly version: string }
  | { readonly do: 'start'; readonly launch: Launch }
  /** Takes up a process that an earlier keeper started, and its output. */
  | { readonly do: 'adopt'; readonly kept: Kept }
  /** Answered when the process ended, which may be days. */
  | { readonly do: 'wait'; readonly id: string }
  /** By name. To the main process only. */
  | { readonly do: 'signal'; readonly id: string; readonly signal: string }
  /** Answered when nothing is left of the task. */
  | {
      readonly do: 'stop';
      readonly id: string;
      readonly signal: string;
      readonly timeoutMs: number;
    }
  /** Kills what is left, takes the last output, and forgets the task. */
  | { readonly do: 'forget'; readonly id: string }
  | { readonly do: 'list' }
  /** Ends the keeper; the tasks live on, without one. */
  | { readonly do: 'end' };

export interface KeeperHello {
  /** What this keeper speaks. */
  readonly protocol: number;
  readonly version: string;
  readonly pid: number;
}

export type KeptState = 'running' | 'ended' | 'gone';

export interface KeeperAnswers {
  hello: KeeperHello;
  start: Kept;
  /** `gone`: it ended while no keeper was there to see how. */
  adopt: { readonly state: KeptState };
  wait: Ended;
  signal: null;
  stop: null;
  forget: null;
  list: readonly { readonly kept: Kept; readonly state: KeptState }[];
  end: null;
}

export interface KeeperRequest {
  readonly id: number;
  readonly call: KeeperCall;
}

export type KeeperReply =
  | { readonly id: number; readonly ok: unknown }
  | { readonly id: number; readonly fault: Fault; readonly message: string };

/** Whether this build can work with a keeper that speaks `protocol` (P1). */
export function speaks(protocol: number): boolean {
  return protocol >= KEEPER_PROTOCOL_MIN && protocol <= KEEPER_PROTOCOL + 1;
}
