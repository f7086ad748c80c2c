/**
 * Checks a finished job: what is wrong with it however it was written.
 *
 * Source: what Nomad refuses to register.
 */
import { Cron } from 'croner';
import { formatDuration } from '../../base/duration.ts';
import { GROUP_COUNT_MAX, JOB_NAME_MAX } from '../limits.ts';
import type { Job, JobType, Parameterized, Periodic } from '../model/job.ts';
import type {
  MigrateStrategy,
  ReschedulePolicy,
  RestartPolicy,
  UpdateStrategy,
} from '../model/strategy.ts';
import type { TaskGroup } from '../model/task-group.ts';
import type { ScalingPolicy } from '../model/task.ts';
import { Issues } from './issue.ts';
import type { JobIssue } from './issue.ts';
import { validateDisconnect } from './validate-disconnect.ts';
import { validateAffinities, validateConstraints, validateSpreads } from './validate-placement.ts';
import { validateServices } from './validate-service.ts';
import { portLabels, validateNetworks, validateTask } from './validate-task.ts';

const TYPES = new Set(['service', 'batch', 'system', 'sysbatch']);
const ONCE_PER_NODE = new Set(['system', 'sysbatch']);
const TO_AN_END = new Set(['batch', 'sysbatch']);
const PAYLOADS = new Set(['optional', 'required', 'forbidden']);
const DELAY_FUNCTIONS = new Set(['constant', 'exponential', 'fibonacci']);
const SECOND = 1_000;
const RESTART_INTERVAL_MIN_MS = 5 * SECOND;
const RESCHEDULE_DELAY_MIN_MS = 5 * SECOND;
const DISK_MIN_MB = 10;

/** All that is wrong with a job; nothing if it can be registered. */
export function validateJob(job: Job): readonly JobIssue[] {
  const issues = new Issues();
  validateHead(job, issues);
  validateConstraints(job.constraints, issues);
  validateAffinities(job.affinities, issues);
  validateSpreads(job.spreads, issues);
  if (job.periodic !== undefined) validatePeriodic(job.periodic, job, issues.inside('periodic'));
  if (job.parameterized !== undefined) {
    validateParameterized(job.parameterized, job, issues.inside('parameterized'));
  }
  validateOrder(job, issues);
  tellRepeated(
    job.groups.map((group) => group.name),
    'Job task group',
    issues,
  );
  for (const group of job.groups) validateGroup(group, job, issues.inside(`group "${group.name}"`));
  return issues.all();
}

function validateHead(job: Job, issues: Issues): void {
  const everywhere = ONCE_PER_NODE.has(job.type);
  const kind = job.type === 'system' ? 'System' : 'Sysbatch';
  issues.addIf(
    [job.id === '', 'Missing job ID'],
    [/ /.test(job.id), 'Job ID contains a space'],
    [/\0/.test(job.id + job.name), 'Job ID and name cannot contain null characters'],
    [job.id.length > JOB_NAME_MAX, `Job ID is longer than ${JOB_NAME_MAX} characters`],
    [job.name === '', 'Missing job name'],
    [job.namespace === '', 'Job must be in a namespace'],
    [job.region === '', 'Missing job region'],
    [!TYPES.has(job.type), `Invalid job type: "${job.type}"`],
    [job.priority < 1 || job.priority > 100, 'Job priority must be between [1, 100]'],
    [job.datacenters.length === 0, 'Missing job datacenters'],
    [job.datacenters.includes(''), 'datacenter must be non-empty string'],
    [job.groups.length === 0, 'Missing job task groups'],
    [everywhere && job.affinities.length > 0, `${kind} jobs may not have an affinity block`],
    [everywhere && job.spreads.length > 0, `${kind} jobs may not have a spread block`],
  );
}

/** What keeps a job from beginning at once. */
function validateOrder({ id, type, after, concurrency }: Job, issues: Issues): void {
  const toAnEnd = TO_AN_END.has(type);
  issues.addIf(
    [after !== undefined && !toAnEnd, `Job type "${type}" does not allow "after"`],
    [after?.includes(id) === true, 'A job cannot come after itself'],
    [after?.includes('') === true, '"after" names jobs: one is empty'],
  );
  if (concurrency === undefined) return;
  issues
    .inside('concurrency')
    .addIf(
      [!toAnEnd, `Job type "${type}" does not allow concurrency block`],
      [concurrency.group === '', 'Missing group'],
      [concurrency.limit < 1, `limit must be 1 or more; got ${concurrency.limit}`],
    );
}

function tellRepeated(names: readonly string[], what: string, issues: Issues): void {
  for (const [i, name] of names.entries()) {
    const first = names.indexOf(name);
    if (first < i) {
      issues.add(
        `${what} ${i + 1} redefines '${name}' from ${what.split(' ').pop() ?? ''} ${first + 1}`,
      );
    }
  }
}

function validatePeriodic(periodic: Periodic, job: Job, issues: Issues): void {
  issues.addIf(
    [!TO_AN_END.has(job.type), 'Periodic can only be used with "batch" or "sysbatch" scheduler'],
    [periodic.specType !== 'cron', `Unknown periodic specification type "${periodic.specType}"`],
    [periodic.specs.length === 0, 'Must specify a spec'],
    [!isTimeZone(periodic.timeZone), `Invalid time zone "${periodic.timeZone}"`],
  );
  for (const spec of periodic.specs) {
    if (!isCron(spec)) issues.add(`Invalid cron spec "${spec}"`);
  }
}

function isCron(spec: string): boolean {
  try {
    new Cron(spec, { paused: true });
    return true;
  } catch {
    return false;
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return name === 'Local';
  }
}

function validateParameterized(parameterized: Parameterized, job: Job, issues: Issues): void {
  const { payload, metaRequired, metaOptional } = parameterized;
  const both = metaRequired.filter((key) => metaOptional.includes(key));
  issues.addIf(
    [
      !TO_AN_END.has(job.type),
      'Parameterized job can only be used with "batch" or "sysbatch" scheduler',
    ],
    [!PAYLOADS.has(payload), `Unknown payload requirement: "${payload}"`],
    [
      both.length > 0,
      `Required and optional meta keys should be disjoint. Following keys exist in both: ${both.join(', ')}`,
    ],
  );
}

function validateGroup(group: TaskGroup, job: Job, issues: Issues): void {
  const { name, count, tasks, ephemeralDisk } = group;
  const everywhere = ONCE_PER_NODE.has(job.type);
  issues.addIf(
    [name === '', 'Missing task group name'],
    [name.includes('\0'), 'Task group name contains null character'],
    [count < 0, "Task group count can't be negative"],
    [count > GROUP_COUNT_MAX, `Task group count can't be more than ${GROUP_COUNT_MAX}`],
    [everywhere && count > 1, `Count cannot exceed 1 with ${job.type} scheduler; got ${count}`],
    [tasks.length === 0, 'Missing tasks for task group'],
    [tasks.filter((task) => task.leader).length > 1, 'Only one task may be marked as leader'],
    [group.networks.length > 1, 'Only one network block is allowed in a task group'],
    [
      ephemeralDisk.sizeMb < DISK_MIN_MB,
      `Minimum DiskMB value is ${DISK_MIN_MB}; got ${ephemeralDisk.sizeMb}`,
    ],
    [everywhere && group.affinities.length > 0, 'System jobs may not have an affinity block'],
    [everywhere && group.spreads.length > 0, 'System jobs may not have a spread block'],
  );
  validateConstraints(group.constraints, issues);
  validateAffinities(group.affinities, issues);
  validateSpreads(group.spreads, issues);
  validateStrategies(group, job, issues);
  validateNetworks(group.networks, issues.inside('network'));
  validateVolumes(group, issues);
  validateServices(
    group.services,
    {
      ports: portLabels(group.networks),
      tasks: new Set(tasks.map((task) => task.name)),
      ofTask: false,
    },
    issues,
  );
  tellRepeated(
    tasks.map((task) => task.name),
    'Task',
    issues,
  );
  for (const task of tasks) validateTask(task, group, issues.inside(`task "${task.name}"`));
}

function validateMaxRun({ maxRunMs }: TaskGroup, { type }: Job, issues: Issues): void {
  if (maxRunMs === undefined) return;
  issues.addIf(
    [
      !TO_AN_END.has(type),
      'max_run_duration can only be used with "batch" or "sysbatch" scheduler',
    ],
    [maxRunMs <= 0, 'max_run_duration must be positive'],
  );
}

function validateStrategies(group: TaskGroup, job: Job, issues: Issues): void {
  const { update, reschedule, migrate, scaling } = group;
  const everywhere = ONCE_PER_NODE.has(job.type);
  validateRestart(group.restart, issues.inside('restart'));
  issues.addIf(
    [everywhere && reschedule !== undefined, 'System jobs should not have a reschedule policy'],
    [
      migrate !== undefined && (everywhere || TO_AN_END.has(job.type)),
      `Job type "${job.type}" does not allow migrate block`,
    ],
    [
      update !== undefined && TO_AN_END.has(job.type),
      `Job type "${job.type}" does not allow update block`,
    ],
  );
  if (reschedule !== undefined) validateReschedule(reschedule, issues.inside('reschedule'));
  if (update !== undefined) validateUpdate(update, job.type, issues.inside('update'));
  if (migrate !== undefined) validateMigrate(migrate, issues.inside('migrate'));
  validateDisconnect(group, job, issues);
  validateMaxRun(group, job, issues);
  if (scaling !== undefined) validateScaling(scaling, group.count, issues.inside('scaling'));
}

function validateRestart(restart: RestartPolicy, issues: Issues): void {
  const { attempts, intervalMs, delayMs, mode } = restart;
  const known = mode === 'fail' || (mode as string) === 'delay';
  issues.addIf(
    [!known, `Unsupported restart mode: "${mode}"`],
    [attempts < 0, `Restart attempts can not be negative; got ${attempts}`],
    [attempts === 0 && mode !== 'fail', `Restart policy "${mode}" with 0 attempts is ambiguous`],
    [
      attempts > 0 && intervalMs < RESTART_INTERVAL_MIN_MS,
      `Interval can not be less than 5s (got ${formatDuration(intervalMs)})`,
    ],
    [
      attempts > 0 && attempts * delayMs > intervalMs,
      `Nomad can't restart the TaskGroup ${attempts} times in an interval of ` +
        `${formatDuration(intervalMs)} with a delay of ${formatDuration(delayMs)}`,
    ],
  );
}

function validateReschedule(policy: ReschedulePolicy, issues: Issues): void {
  const { attempts, intervalMs, delayMs, delayFunction, maxDelayMs, unlimited } = policy;
  if (!unlimited && attempts === 0) return;
  const grows = delayFunction !== 'constant';
  issues.addIf(
    [
      !DELAY_FUNCTIONS.has(delayFunction),
      `Invalid delay function "${delayFunction}", must be one of "constant" "exponential" "fibonacci"`,
    ],
    [
      delayMs < RESCHEDULE_DELAY_MIN_MS,
      `Delay cannot be less than 5s (got ${formatDuration(delayMs)})`,
    ],
    [
      grows && maxDelayMs < delayMs,
      `Max Delay cannot be less than Delay ${formatDuration(delayMs)} (got ${formatDuration(maxDelayMs)})`,
    ],
    [
      !unlimited && intervalMs < RESCHEDULE_DELAY_MIN_MS,
      `Interval cannot be less than 5s (got ${formatDuration(intervalMs)})`,
    ],
  );
}

function validateUpdate(update: UpdateStrategy, type: JobType, issues: Issues): void {
  const { maxParallel, healthCheck, minHealthyTimeMs, healthyDeadlineMs, canary } = update;
  const { progressDeadlineMs, staggerMs, autoPromote } = update;
  const known = ['checks', 'task_states', 'manual'].includes(healthCheck);
  // With no changes side by side there is no deployment: the rest is not looked at.
  if (maxParallel === 0) return;
  issues.addIf(
    [!known, `Invalid health check given: "${healthCheck}"`],
    [maxParallel < 0, `Max parallel can not be less than zero: ${maxParallel} < 0`],
    [canary < 0, `Canary count can not be less than zero: ${canary} < 0`],
    [
      type === 'system' && canary > 100,
      `Canary of a system job is a percentage of its nodes: ${canary} > 100`,
    ],
    [canary === 0 && autoPromote, 'Auto Promote requires a Canary count greater than zero'],
    [minHealthyTimeMs < 0, 'Minimum healthy time may not be less than zero'],
    [healthyDeadlineMs <= 0, 'Healthy deadline must be greater than zero'],
    [progressDeadlineMs < 0, 'Progress deadline must be zero or greater'],
    [
      minHealthyTimeMs >= healthyDeadlineMs,
      'Minimum healthy time must be less than healthy deadline: ' +
        `${formatDuration(minHealthyTimeMs)} > ${formatDuration(healthyDeadlineMs)}`,
    ],
    [
      progressDeadlineMs !== 0 && healthyDeadlineMs >= progressDeadlineMs,
      'Healthy deadline must be less than progress deadline: ' +
        `${formatDuration(healthyDeadlineMs)} > ${formatDuration(progressDeadlineMs)}`,
    ],
    // Without a pause, batches of a system job wait for health alone.
    [staggerMs < (type === 'system' ? 0 : 1), 'Stagger must be greater than zero'],
  );
}

function validateMigrate(migrate: MigrateStrategy, issues: Issues): void {
  const { maxParallel, healthCheck, minHealthyTimeMs, healthyDeadlineMs } = migrate;
  const known = ['checks', 'task_states'].includes(healthCheck);
  issues.addIf(
    [maxParallel < 0, `MaxParallel must be >= 0 but found ${maxParallel}`],
    [!known, `HealthCheck must be one of checks, task_states; not "${healthCheck}"`],
    [minHealthyTimeMs < 0, 'MinHealthyTime must not be negative'],
    [healthyDeadlineMs < 0, 'HealthyDeadline must not be negative'],
    [minHealthyTimeMs > healthyDeadlineMs, 'MinHealthyTime must be less than HealthyDeadline'],
  );
}

function validateScaling({ min, max }: ScalingPolicy, count: number, issues: Issues): void {
  issues.addIf(
    [min < 0, 'minimum count must be specified and non-negative'],
    [max < min, 'maximum count must not be less than minimum count'],
    [count < min, 'task group count must not be less than minimum count in scaling policy'],
    [count > max, 'task group count must not be greater than maximum count in scaling policy'],
  );
}

function validateVolumes(group: TaskGroup, issues: Issues): void {
  for (const { name, type, source } of Object.values(group.volumes)) {
    const known = type === 'host' || (type as string) === 'csi';
    issues
      .inside(`volume "${name}"`)
      .addIf(
        [!known, `volume has unrecognized type "${type}"`],
        [source === '', 'volume has an empty source'],
      );
  }
}
