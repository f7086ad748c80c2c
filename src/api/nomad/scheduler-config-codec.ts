/** The scheduler's knobs on the wire. */
import type { Index } from '../../base/brand.ts';
import type { SchedulerConfig } from '../../core/model/scheduler-config.ts';
import { shape, type Shape } from '../codec/codec.ts';
import { bool, int, nested, text } from '../codec/fields.ts';

type Preemption = SchedulerConfig['preemption'];

const PREEMPTION: Shape<Preemption> = shape({
  system: bool('SystemSchedulerEnabled'),
  sysbatch: bool('SysBatchSchedulerEnabled'),
  batch: bool('BatchSchedulerEnabled'),
  service: bool('ServiceSchedulerEnabled'),
});

export const SCHEDULER_CONFIG: Shape<SchedulerConfig> = shape({
  algorithm: text('SchedulerAlgorithm'),
  preemption: nested('PreemptionConfig', PREEMPTION),
  memoryOversubscription: bool('MemoryOversubscriptionEnabled'),
  rejectJobRegistration: bool('RejectJobRegistration'),
  pauseEvalBroker: bool('PauseEvalBroker'),
});

/** The knobs as read, with the indexes of their row. */
export interface SchedulerConfigReply {
  readonly config: SchedulerConfig & { readonly createIndex: Index; readonly modifyIndex: Index };
}

type IndexedConfig = SchedulerConfigReply['config'];

const INDEXED: Shape<IndexedConfig> = shape({
  algorithm: text('SchedulerAlgorithm'),
  preemption: nested('PreemptionConfig', PREEMPTION),
  memoryOversubscription: bool('MemoryOversubscriptionEnabled'),
  rejectJobRegistration: bool('RejectJobRegistration'),
  pauseEvalBroker: bool('PauseEvalBroker'),
  createIndex: int('CreateIndex'),
  modifyIndex: int('ModifyIndex'),
});

export const SCHEDULER_CONFIG_REPLY: Shape<SchedulerConfigReply> = shape({
  config: nested('SchedulerConfig', INDEXED),
});
