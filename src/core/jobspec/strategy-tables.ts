/** The tables of `update`, `restart`, `reschedule`, `migrate`, `disconnect`. */
import type {
  DisconnectStrategy,
  MigrateStrategy,
  ReschedulePolicy,
  RestartPolicy,
  UpdateStrategy,
} from '../model/strategy.ts';
import { duration, flag, int, table, text } from './table.ts';

export const UPDATE = table<UpdateStrategy>({
  arguments: {
    stagger: duration('staggerMs'),
    max_parallel: int('maxParallel'),
    health_check: text('healthCheck'),
    min_healthy_time: duration('minHealthyTimeMs'),
    healthy_deadline: duration('healthyDeadlineMs'),
    progress_deadline: duration('progressDeadlineMs'),
    auto_revert: flag('autoRevert'),
    auto_promote: flag('autoPromote'),
    on_template_change: flag('onTemplateChange'),
    canary: int('canary'),
  },
});

export const RESTART = table<RestartPolicy>({
  arguments: {
    attempts: int('attempts'),
    interval: duration('intervalMs'),
    delay: duration('delayMs'),
    mode: text('mode'),
    render_templates: flag('renderTemplates'),
  },
});

export const RESCHEDULE = table<ReschedulePolicy>({
  arguments: {
    attempts: int('attempts'),
    interval: duration('intervalMs'),
    delay: duration('delayMs'),
    delay_function: text('delayFunction'),
    max_delay: duration('maxDelayMs'),
    unlimited: flag('unlimited'),
  },
});

export const MIGRATE = table<MigrateStrategy>({
  arguments: {
    max_parallel: int('maxParallel'),
    health_check: text('healthCheck'),
    min_healthy_time: duration('minHealthyTimeMs'),
    healthy_deadline: duration('healthyDeadlineMs'),
  },
});

export const DISCONNECT = table<DisconnectStrategy>({
  arguments: {
    lost_after: duration('lostAfterMs'),
    replace: flag('replace'),
    stop_on_client_after: duration('stopOnClientAfterMs'),
    reconcile: text('reconcile'),
  },
});
