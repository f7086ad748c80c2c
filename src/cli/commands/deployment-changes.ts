/** Commands that steer a deployment: `promote`, `fail`, `pause`, `resume`, `unblock`. */
import {
  failDeployment,
  pauseDeployment,
  promoteDeployment,
  unblockDeployment,
} from '../../api/nomad/deployment-routes.ts';
import type { Deployment } from '../../core/model/deployment.ts';
import { flag, type Command, type Invocation } from '../command.ts';
import { matchDeployment, only } from '../matching.ts';
import { DETACH, openSession, VERBOSE, withApiFlags, type Session } from '../session.ts';
import type { World } from '../world.ts';
import { follow } from './job-changes.ts';

export const deploymentPromote: Command = {
  name: 'deployment promote',
  summary: 'Take the canaries of a deployment for good',
  description:
    'Promotes the canaries of all groups, or of those named: the rest of the old version is replaced.',
  arguments: ['<deployment>'],
  flags: withApiFlags(flag.list('group', '<name>', 'Promote only this group.'), DETACH, VERBOSE),
  examples: [{ line: 'muster deployment promote afa042c9', says: 'All groups:' }],
  run: async (invocation, world) => {
    const { session, id } = await theDeployment(invocation, world);
    const groups = invocation.flags.list('group');
    const { evalId } = await session.api.call(promoteDeployment, {
      params: { id },
      body: { all: groups.length === 0, groups },
    });
    return follow(evalId, invocation, session);
  },
};

export const deploymentFail: Command = {
  name: 'deployment fail',
  summary: 'Give a deployment up',
  description: 'Where its groups say "auto_revert", the last stable version is put back.',
  arguments: ['<deployment>'],
  flags: withApiFlags(DETACH, VERBOSE),
  examples: [{ line: 'muster deployment fail afa042c9', says: 'Stop a rollout that goes wrong:' }],
  run: async (invocation, world) => {
    const { session, id } = await theDeployment(invocation, world);
    const answer = await session.api.call(failDeployment, { params: { id } });
    const back = answer.revertedJobVersion;
    const reverted = back === undefined ? '' : `. Auto-reverted to job version ${back}.`;
    world.out(`Deployment "${id}" failed${reverted}\n`);
    if (answer.evalId !== undefined && !invocation.flags.has('detach')) world.out('\n');
    return follow(answer.evalId, invocation, session);
  },
};

export const deploymentPause: Command = {
  name: 'deployment pause',
  summary: 'Pause a deployment',
  arguments: ['<deployment>'],
  flags: withApiFlags(VERBOSE),
  examples: [{ line: 'muster deployment pause afa042c9', says: 'Place nothing more of it:' }],
  run: async (invocation, world) => {
    const { session, id } = await theDeployment(invocation, world);
    await session.api.call(pauseDeployment, { params: { id }, body: { pause: true } });
    world.out(`Deployment "${id}" paused\n`);
    return 0;
  },
};

export const deploymentResume: Command = {
  name: 'deployment resume',
  summary: 'Let a paused deployment go on',
  arguments: ['<deployment>'],
  flags: withApiFlags(DETACH, VERBOSE),
  examples: [{ line: 'muster deployment resume afa042c9', says: 'Go on:' }],
  run: async (invocation, world) => {
    const { session, id } = await theDeployment(invocation, world);
    const { evalId } = await session.api.call(pauseDeployment, {
      params: { id },
      body: { pause: false },
    });
    if (evalId === undefined || invocation.flags.has('detach')) {
      world.out(`Deployment "${id}" resumed\n`);
    }
    return follow(evalId, invocation, session);
  },
};

export const deploymentUnblock: Command = {
  name: 'deployment unblock',
  summary: 'Let a deployment go on that waits for another region',
  arguments: ['<deployment>'],
  flags: withApiFlags(DETACH, VERBOSE),
  examples: [{ line: 'muster deployment unblock afa042c9', says: 'Do not wait any longer:' }],
  run: async (invocation, world) => {
    const { session, id } = await theDeployment(invocation, world);
    const { evalId } = await session.api.call(unblockDeployment, { params: { id } });
    return follow(evalId, invocation, session);
  },
};

async function theDeployment(
  invocation: Invocation,
  world: World,
): Promise<{ readonly session: Session; readonly id: Deployment['id'] }> {
  const opened = openSession(invocation, world);
  const { id, namespace } = only(await matchDeployment(opened, invocation.args[0] ?? ''));
  return { session: { ...opened, api: opened.api.with({ namespace }) }, id };
}
