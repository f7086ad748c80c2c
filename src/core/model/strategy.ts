/** How a group's instances are changed, restarted, moved and drained. */

/** How a new version replaces an old one. */
export interface UpdateStrategy {
  /** For system jobs: the pause between two batches [ms]. */
  readonly staggerMs: number;
  /** How many instances may be changed at once. 0 means: no deployment, all at once. */
  readonly maxParallel: number;
  readonly healthCheck: 'checks' | 'task_states' | 'manual';
  readonly minHealthyTimeMs: number;
  readonly healthyDeadlineMs: number;
  /** 0 means: the first unhealthy instance fails the deployment. */
  readonly progressDeadlineMs: number;
  readonly autoRevert: boolean;
  readonly autoPromote: boolean;
  readonly canary: number;
  /** Changes of what templates read go through the group as a new version does. */
  readonly onTemplateChange?: boolean;
}

/** What the client does when a task ends that should not have. */
export interface RestartPolicy {
  readonly attempts: number;
  readonly intervalMs: number;
  readonly delayMs: number;
  /** `fail`: give up after `attempts`; `delay`: wait for the interval's end, then go on. */
  readonly mode: 'fail' | 'delay';
  readonly renderTemplates: boolean;
}

/** What the scheduler does when an allocation failed for good on its node. */
export interface ReschedulePolicy {
  readonly attempts: number;
  readonly intervalMs: number;
  readonly delayMs: number;
  readonly delayFunction: 'constant' | 'exponential' | 'fibonacci';
  readonly maxDelayMs: number;
  readonly unlimited: boolean;
}

/** How many instances may leave a draining node at once. */
export interface MigrateStrategy {
  readonly maxParallel: number;
  readonly healthCheck: 'checks' | 'task_states';
  readonly minHealthyTimeMs: number;
  readonly healthyDeadlineMs: number;
}

/** What becomes of an instance whose node is out of touch. */
export interface DisconnectStrategy {
  readonly lostAfterMs: number;
  readonly replace: boolean;
  readonly stopOnClientAfterMs?: number;
  readonly reconcile: 'best_score' | 'keep_original' | 'keep_replacement' | 'longest_running';
}
