/**
 * How far a change of what templates read has come in a group that changes its instances a few at a
 * time (`update { on_template_change = true }`).
 */
import type { Index, Millis } from '../../base/brand.ts';
import type { AllocId, JobId, Namespace } from './ids.ts';

export interface TemplateRollout {
  readonly namespace: Namespace;
  readonly jobId: JobId;
  readonly group: string;
  /** Tasks that are changing, or whose health is being watched since they did. */
  readonly holders: readonly RolloutHolder[];
  /** The change that an instance could not live with: nobody else takes it over. */
  readonly stopped?: StoppedChange;
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}

/** One task of one instance. */
export interface RolloutHolder {
  readonly allocId: AllocId;
  readonly task: string;
  /** Names what was read: the same for all instances that read the same. */
  readonly change: string;
  readonly at: Millis;
}

export interface StoppedChange {
  readonly change: string;
  /** The instance that it failed on. */
  readonly allocId: AllocId;
  readonly reason: string;
  readonly at: Millis;
}
