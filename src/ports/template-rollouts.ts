/** How instances of a group take a change of their templates over a few at a time. */
import type { AllocId } from '../core/model/ids.ts';

export interface TemplateRollouts {
  /**
   * Resolves when a task may take a change over (it then holds its place until `end`), or as
   * stopped when the change has failed elsewhere.
   *
   * Fails: `canceled` the signal; `not_found` the allocation is over.
   */
  begin(what: RolloutRequest, signal: AbortSignal): Promise<RolloutLeave>;
  /** Gives the place back; goes on trying until the servers have heard it, or the signal aborts. */
  end(what: RolloutReport, signal: AbortSignal): Promise<void>;
}

export interface RolloutRequest {
  readonly allocId: AllocId;
  readonly namespace: string;
  readonly jobId: string;
  readonly task: string;
  /** Names what is read: the same for all that read the same. */
  readonly change: string;
}

/** Stopped: why, and nobody is to take it over. */
export type RolloutLeave = Readonly<{ stopped?: string }>;

export interface RolloutReport {
  readonly allocId: AllocId;
  readonly task: string;
  readonly healthy: boolean;
  readonly reason: string;
}
