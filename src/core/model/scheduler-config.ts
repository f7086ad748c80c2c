/** Knobs of the scheduler that operators turn at run time. */
export interface SchedulerConfig {
  readonly algorithm: 'binpack' | 'spread';
  readonly preemption: {
    readonly system: boolean;
    readonly sysbatch: boolean;
    readonly batch: boolean;
    readonly service: boolean;
  };
  readonly memoryOversubscription: boolean;
  readonly rejectJobRegistration: boolean;
  readonly pauseEvalBroker: boolean;
}

export const DEFAULT_SCHEDULER_CONFIG: SchedulerConfig = {
  algorithm: 'binpack',
  preemption: { system: true, sysbatch: false, batch: false, service: false },
  memoryOversubscription: false,
  rejectJobRegistration: false,
  pauseEvalBroker: false,
};
