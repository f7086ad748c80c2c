/** The cluster as a whole. */
import { createHash } from 'node:crypto';
import * as routes from '../../api/nomad/cluster-routes.ts';
import type { Index } from '../../base/brand.ts';
import { readJobs, readSchedulerConfig } from '../../core/state/reads.ts';
import type { ScalingPolicyStub } from '../../api/nomad/job-replies.ts';
import type { ScalingPolicy } from '../../core/model/task.ts';
import type { Job } from '../../core/model/job.ts';
import type { JobWithSummary } from '../../core/state/reads.ts';
import { plainly, toldOf, type HttpDeps } from './deps.ts';
import { invalid, notFound } from './fail.ts';
import { bind, type Bound } from './mount.ts';
import { holders, removePeer, transferLead } from './log-peers.ts';
import { serverRows, serversHealth } from './server-health.ts';

/** Binds what concerns the cluster. */
export function clusterHandlers(deps: HttpDeps): readonly Bound[] {
  return [...status(deps), ...settings(deps), ...scaling(deps)];
}

function status(deps: HttpDeps): readonly Bound[] {
  const { agent, ops } = deps;
  return [
    bind(routes.statusLeader, () => plainly(agent.leader())),
    bind(routes.statusPeers, () => plainly(agent.peers())),
    bind(routes.listRegions, () => plainly(agent.regions())),
    bind(routes.raftConfiguration, async () => ({
      value: { index: ops.stats().index, servers: serverRows(agent, await holders(deps)) },
    })),
    bind(routes.removePeer, async ({ query }) => {
      await removePeer(deps, query);
      return { value: undefined };
    }),
    bind(routes.transferLeadership, async ({ query }) => {
      const { from, to } = await transferLead(deps, query);
      return { value: { from, to, noop: from.id === to.id } };
    }),
    bind(routes.autopilotHealth, async () => ({
      value: serversHealth(agent, ops.stats().index, await holders(deps)),
    })),
  ];
}

function settings({ ops }: HttpDeps): readonly Bound[] {
  return [
    bind(routes.readSchedulerConfig, async ({ waiting, signal }) => {
      const answer = await ops.query(readSchedulerConfig(), waiting, signal);
      const { scheduler, createIndex, modifyIndex } = answer.value;
      return { value: { config: { ...scheduler, createIndex, modifyIndex } }, ...toldOf(answer) };
    }),
    bind(routes.setSchedulerConfig, async ({ query, body }) => {
      const algorithm: string = body.algorithm;
      if (algorithm !== '' && algorithm !== 'binpack' && algorithm !== 'spread') {
        throw invalid(`SchedulerAlgorithm: expected "binpack" or "spread", got "${algorithm}"`);
      }
      const config = algorithm === '' ? { ...body, algorithm: 'binpack' as const } : body;
      const reply = await ops.setSchedulerConfig(config, query.ifModifyIndex as Index | undefined);
      return { value: reply, index: reply.index };
    }),
    bind(routes.collectGarbage, async () => {
      await ops.collectGarbage();
      return { value: undefined };
    }),
    bind(routes.reconcileSummaries, async () => {
      await ops.reconcileSummaries();
      return { value: undefined };
    }),
    bind(routes.listVolumes, () => plainly([])),
    bind(routes.listPlugins, () => plainly([])),
  ];
}

function scaling({ ops }: HttpDeps): readonly Bound[] {
  return [
    bind(routes.listScalingPolicies, async ({ query, listed, waiting, signal }) => {
      const answer = await ops.query(readJobs({ namespace: listed }), waiting, signal);
      const stubs = policiesOf(answer.value)
        .filter(({ job }) => query.job === undefined || job.id === query.job)
        .filter(({ policy }) => query.type === undefined || policy.type === query.type)
        .map(({ job, policy }) => stubOf(job, policy));
      return { value: stubs, ...toldOf(answer) };
    }),
    bind(routes.readScalingPolicy, async ({ params, waiting, signal }) => {
      const answer = await ops.query(readJobs({}), waiting, signal);
      const found = policiesOf(answer.value).find(({ policy }) => policy.id === params.id);
      if (found === undefined) throw notFound('policy not found', answer.index);
      return { value: found.policy, ...toldOf(answer) };
    }),
  ];
}

interface Owned {
  readonly job: Job;
  readonly policy: ScalingPolicy;
}

function policiesOf(jobs: readonly JobWithSummary[]): readonly Owned[] {
  return jobs.flatMap(({ job }) =>
    job.groups.flatMap((group): readonly Owned[] => {
      const own = group.scaling === undefined ? [] : [group.scaling];
      const tasks = group.tasks.flatMap((task) => task.scalingPolicies);
      return [...own, ...tasks].map((policy) => ({
        job,
        policy: { ...policy, id: policyId(policy) },
      }));
    }),
  );
}

/** Of what it scales and how: it outlives versions of the job, and no two policies share it. */
function policyId({ target, type }: ScalingPolicy): string {
  const named = ['Namespace', 'Job', 'Group', 'Task'].map((part) => target[part] ?? '');
  return uuidFrom(
    createHash('sha256')
      .update(JSON.stringify([...named, type]))
      .digest('hex'),
  );
}

function uuidFrom(hex: string): string {
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5');
}

function stubOf(job: Job, policy: ScalingPolicy): ScalingPolicyStub {
  return {
    id: policy.id,
    enabled: policy.enabled,
    type: policy.type,
    target: policy.target,
    createIndex: job.createIndex,
    modifyIndex: job.jobModifyIndex,
  };
}
