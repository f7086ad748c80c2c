/**
 * What is odd about a job but no mistake.
 *
 * Source: Nomad's job register and plan answers, field `Warnings`.
 */
import type { Job } from '../model/job.ts';
import type { TaskGroup } from '../model/task-group.ts';
import type { Task } from '../model/task.ts';
import { driverIssues } from './driver-config.ts';
import { formatList } from './issue.ts';

/**
 * The text that the API answers and the command line prints; empty if nothing is odd.
 *
 * @param others what is odd beside the job itself
 */
export function jobWarnings(job: Job, others: readonly string[] = []): string {
  const warnings = [...others, ...warningsOf(job)];
  if (warnings.length === 0) return '';
  return `${warnings.length} warning(s):\n${warnings.map((each) => `\n* ${each}`).join('')}`;
}

function warningsOf(job: Job): readonly string[] {
  const ofGroups = job.groups.flatMap((group) => {
    return nested(`Group "${group.name}"`, groupWarnings(job, group));
  });
  const promoting = job.groups.filter((group) => group.update?.autoPromote === true).length;
  const mixed = promoting > 0 && promoting < job.groups.length;
  if (!mixed) return ofGroups;
  return [...ofGroups, 'auto_promote must be true for all groups to enable automatic promotion'];
}

function nested(what: string, warnings: readonly string[]): readonly string[] {
  return warnings.length === 0 ? [] : [`${what} has warnings: ${formatList(warnings)}`];
}

function groupWarnings(job: Job, group: TaskGroup): readonly string[] {
  const warnings: string[] = [];
  const { update, count } = group;
  const oneByOne = job.multiregion !== undefined && update?.maxParallel === 1;
  // Of a system job there are as many as nodes.
  const isCounted = job.type !== 'system' && !oneByOne;
  if (update !== undefined && update.maxParallel > count && isCounted) {
    warnings.push(
      `Update max parallel count is greater than task group count (${update.maxParallel} > ` +
        `${count}). A destructive change would result in the simultaneous replacement of all ` +
        'allocations.',
    );
  }
  const ofTasks = group.tasks.flatMap((task) => nested(`Task "${task.name}"`, taskWarnings(task)));
  return [...warnings, ...ofTasks];
}

function taskWarnings(task: Task): readonly string[] {
  const ofTemplates = task.templates.flatMap((template, i) => {
    if (template.vaultGraceMs === 0) return [];
    return nested(`Template ${i + 1}`, [
      'vault_grace has no effect since Vault 0.5: remove it from the template block.',
    ]);
  });
  return [...ofTemplates, ...nested('Config', driverIssues(task))];
}
