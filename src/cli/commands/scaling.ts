/** `muster scaling policy ...`, what autoscalers read, and what came of them. */
import { jobScale } from '../../api/nomad/job-routes.ts';
import { listScalingPolicies, readScalingPolicy } from '../../api/nomad/cluster-routes.ts';
import type { ScalingPolicyStub } from '../../api/nomad/job-replies.ts';
import { Failure } from '../../base/failure.ts';
import { writeJson } from '../../base/json.ts';
import type { ScalingEvent } from '../../core/model/scaling-event.ts';
import { flag, type Command } from '../command.ts';
import { columns, keyValues } from '../format/columns.ts';
import { printed } from '../format/json.ts';
import { timestamp } from '../format/time.ts';
import { DATA_FLAGS, openSession, VERBOSE, withApiFlags, type Session } from '../session.ts';
import { theJob } from './job-changes.ts';

export const scalingPolicyList: Command = {
  name: 'scaling policy list',
  summary: 'List the scaling policies of jobs',
  arguments: [],
  flags: withApiFlags(
    flag.string('job', '<job>', 'Only of this job.'),
    flag.string('type', '<type>', 'Only of this type.'),
    ...DATA_FLAGS,
    VERBOSE,
  ),
  examples: [{ line: 'muster scaling policy list -job web', says: 'Of one job:' }],
  run: async (invocation, world) => {
    const { flags } = invocation;
    const session = openSession(invocation, world);
    const query = { job: flags.text('job'), type: flags.text('type') };
    const policies = await session.api.call(listScalingPolicies, { query }, world.signal);
    if (await printed(flags, world, [listScalingPolicies.reply, policies])) return 0;
    if (policies.length === 0) {
      world.out('No policies found\n');
      return 0;
    }
    const rows = policies.map(({ id, enabled, type, target }) => [
      ...[session.ids(id), String(enabled), type, targetText(target)],
    ]);
    world.out(`${columns([['ID', 'Enabled', 'Type', 'Target'], ...rows])}\n`);
    return 0;
  },
};

export const scalingPolicyInfo: Command = {
  name: 'scaling policy info',
  summary: 'Show one scaling policy',
  arguments: ['<policy>'],
  flags: withApiFlags(...DATA_FLAGS, VERBOSE),
  examples: [{ line: 'muster scaling policy info 8b1f3c22', says: 'What it says:' }],
  run: async (invocation, world) => {
    const session = openSession(invocation, world);
    const { id } = await theStub(invocation.args[0] ?? '', session);
    const policy = await session.api.call(readScalingPolicy, { params: { id } }, world.signal);
    if (await printed(invocation.flags, world, [readScalingPolicy.reply, policy])) return 0;
    const about = keyValues([
      ['ID', policy.id],
      ['Type', policy.type],
      ['Enabled', String(policy.enabled)],
      ['Min', String(policy.min)],
      ['Max', String(policy.max)],
      ['Target', targetText(policy.target)],
    ]);
    world.out(`${about}\n\nPolicy\n${writeJson(policy.policy, 2)}\n`);
    return 0;
  },
};

export const jobScalingEvents: Command = {
  name: 'job scaling-events',
  summary: 'List how the counts of a job were changed',
  description: 'Lists changes of counts, and what autoscalers noted of them, newest first.',
  arguments: ['<job>'],
  flags: withApiFlags(...DATA_FLAGS, VERBOSE),
  examples: [{ line: 'muster job scaling-events web', says: 'Who scaled it, and when:' }],
  run: async (invocation, world) => {
    const { session, id } = await theJob(invocation, world);
    const scale = await session.api.call(jobScale, { params: { id } }, world.signal);
    if (await printed(invocation.flags, world, [jobScale.reply, scale])) return 0;
    const events = Object.entries(scale.groups)
      .flatMap(([group, { events: of }]) => of.map((event) => ({ group, event })))
      .sort((a, b) => b.event.at - a.event.at);
    if (events.length === 0) {
      world.out('No events found\n');
      return 0;
    }
    const rows = events.map(({ group, event }) => eventRow(group, event, session));
    const more = session.verbose ? ['Error', 'Message', 'Eval ID'] : [];
    const header = ['Task Group', 'Count', 'PrevCount', ...more, 'Date'];
    world.out(`${columns([header, ...rows])}\n`);
    return 0;
  },
};

function eventRow(group: string, event: ScalingEvent, { ids, verbose }: Session): string[] {
  const { count, previousCount, error, message, evalId, at } = event;
  const evaluation = evalId === undefined ? '<none>' : ids(evalId);
  const more = verbose ? [String(error), message, evaluation] : [];
  const changed = count === undefined ? '<none>' : String(count);
  return [group, changed, String(previousCount), ...more, timestamp(at)];
}

/** The policy meant by the beginning of its id. Fails: `not_found`, `invalid` there are several. */
async function theStub(typed: string, { api, world }: Session): Promise<ScalingPolicyStub> {
  const all = await api.call(listScalingPolicies, {}, world.signal);
  const meant = all.filter(({ id }) => id.startsWith(typed));
  const [first, second] = meant;
  const exact = meant.find(({ id }) => id === typed);
  if (first === undefined)
    throw new Failure('not_found', `No scaling policy begins with "${typed}"`);
  if (exact !== undefined || second === undefined) return exact ?? first;
  const ids = meant.map(({ id }) => `  ${id}\n`).join('');
  throw new Failure('invalid', `Several scaling policies begin with "${typed}":\n${ids.trimEnd()}`);
}

function targetText(target: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(target).filter(([, value]) => value !== '');
  return pairs.map(([name, value]) => `${name}=${value}`).join(',');
}
