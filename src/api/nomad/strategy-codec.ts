/** How a group is updated, restarted, moved and drained, on the wire. */
import type {
  DisconnectStrategy,
  MigrateStrategy,
  ReschedulePolicy,
  RestartPolicy,
  UpdateStrategy,
} from '../../core/model/strategy.ts';
import { OMIT, shape, type Shape } from '../codec/codec.ts';
import { bool, duration, int, maybe, text } from '../codec/fields.ts';

export const UPDATE: Shape<UpdateStrategy> = shape({
  staggerMs: duration('Stagger', null),
  maxParallel: int('MaxParallel', null),
  healthCheck: text('HealthCheck', null),
  minHealthyTimeMs: duration('MinHealthyTime', null),
  healthyDeadlineMs: duration('HealthyDeadline', null),
  progressDeadlineMs: duration('ProgressDeadline', null),
  autoRevert: bool('AutoRevert', null),
  autoPromote: bool('AutoPromote', null),
  canary: int('Canary', null),
  onTemplateChange: maybe(bool('OnTemplateChange', OMIT)),
});

export const RESTART: Shape<RestartPolicy> = shape({
  attempts: int('Attempts', null),
  intervalMs: duration('Interval', null),
  delayMs: duration('Delay', null),
  mode: text('Mode', null),
  renderTemplates: bool('RenderTemplates', OMIT),
});

export const RESCHEDULE: Shape<ReschedulePolicy> = shape({
  attempts: int('Attempts', null),
  intervalMs: duration('Interval', null),
  delayMs: duration('Delay', null),
  delayFunction: text('DelayFunction', null),
  maxDelayMs: duration('MaxDelay', null),
  unlimited: bool('Unlimited', null),
});

export const MIGRATE: Shape<MigrateStrategy> = shape({
  maxParallel: int('MaxParallel', null),
  healthCheck: text('HealthCheck', null),
  minHealthyTimeMs: duration('MinHealthyTime', null),
  healthyDeadlineMs: duration('HealthyDeadline', null),
});

export const DISCONNECT: Shape<DisconnectStrategy> = shape({
  lostAfterMs: duration('LostAfter', null),
  replace: bool('Replace', null),
  stopOnClientAfterMs: maybe(duration('StopOnClientAfter', null)),
  reconcile: text('Reconcile', null),
});
