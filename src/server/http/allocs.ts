/** Allocations, evaluations and deployments. */
import { ALLOC_STUB, allocStub } from '../../api/nomad/alloc-codec.ts';
import * as routes from '../../api/nomad/alloc-routes.ts';
import { DEPLOYMENT } from '../../api/nomad/deployment-codec.ts';
import * as rollout from '../../api/nomad/deployment-routes.ts';
import { EVALUATION } from '../../api/nomad/eval-codec.ts';
import type { DeploymentChanged } from '../../api/nomad/job-replies.ts';
import type { AllocId, DeploymentId, EvalId } from '../../core/model/ids.ts';
import {
  readAlloc,
  readAllocs,
  readDeployment,
  readDeploymentAllocs,
  readDeployments,
  readEval,
  readEvalAllocs,
  readEvals,
} from '../../core/state/reads.ts';
import type { DeploymentReply } from '../operations.ts';
import { toldOf, type HttpDeps, type Result } from './deps.ts';
import { notFound } from './fail.ts';
import { listing } from './list.ts';
import { bind, type Bound } from './mount.ts';

/** Binds what concerns allocations. */
export function allocHandlers({ ops }: HttpDeps): readonly Bound[] {
  return [
    bind(routes.listAllocs, async ({ query, listed, waiting, signal }) => {
      const read = readAllocs({ namespace: listed, prefix: query.prefix });
      const answer = await ops.query(read, waiting, signal);
      const stubs = answer.value.map((one) => allocStub(one, query.resources === true));
      return { ...listing(stubs, ALLOC_STUB, query, (one) => one.id), ...toldOf(answer) };
    }),
    bind(routes.readAlloc, async ({ params, waiting, signal }) => {
      const answer = await ops.query(readAlloc(params.id as AllocId), waiting, signal);
      if (answer.value === undefined) throw notFound('alloc not found', answer.index);
      return { value: answer.value, ...toldOf(answer) };
    }),
    bind(routes.stopAlloc, async ({ params, query }) => {
      const noShutdownDelay = query.noShutdownDelay === true;
      const reply = await ops.stopAlloc(params.id as AllocId, { noShutdownDelay });
      return { value: reply, index: reply.index };
    }),
  ];
}

/** Binds what concerns evaluations. */
export function evalHandlers({ ops }: HttpDeps): readonly Bound[] {
  return [
    bind(routes.listEvals, async ({ query, listed, waiting, signal }) => {
      const read = readEvals({ namespace: listed, prefix: query.prefix });
      const answer = await ops.query(read, waiting, signal);
      const kept = answer.value.filter(
        (one) =>
          (query.status === undefined || one.status === query.status) &&
          (query.job === undefined || one.jobId === query.job),
      );
      return { ...listing(kept, EVALUATION, query, (one) => one.id), ...toldOf(answer) };
    }),
    bind(routes.countEvals, async ({ query, listed, waiting, signal }) => {
      const read = readEvals({ namespace: listed, prefix: query.prefix });
      const answer = await ops.query(read, waiting, signal);
      const { filter } = query;
      const kept = listing(answer.value, EVALUATION, { filter }, (one) => one.id).value;
      return { value: { count: kept.length }, ...toldOf(answer) };
    }),
    bind(routes.deleteEvals, async ({ body }) => {
      const index = await ops.deleteEvals(body.evalIds);
      return { value: { index, count: body.evalIds.length }, index };
    }),
    bind(routes.readEval, async ({ params, waiting, signal }) => {
      const answer = await ops.query(readEval(params.id as EvalId), waiting, signal);
      if (answer.value === undefined) throw notFound('eval not found', answer.index);
      return { value: answer.value, ...toldOf(answer) };
    }),
    bind(routes.evalAllocs, async ({ params, waiting, signal }) => {
      const answer = await ops.query(readEvalAllocs(params.id as EvalId), waiting, signal);
      return { value: answer.value.map((one) => allocStub(one, false)), ...toldOf(answer) };
    }),
  ];
}

/** Binds what concerns deployments. */
export function deploymentHandlers({ ops }: HttpDeps): readonly Bound[] {
  return [
    bind(rollout.listDeployments, async ({ query, listed, waiting, signal }) => {
      const read = readDeployments({ namespace: listed, prefix: query.prefix });
      const answer = await ops.query(read, waiting, signal);
      return { ...listing(answer.value, DEPLOYMENT, query, (one) => one.id), ...toldOf(answer) };
    }),
    bind(rollout.readDeployment, async ({ params, waiting, signal }) => {
      const answer = await ops.query(readDeployment(idOf(params)), waiting, signal);
      if (answer.value === undefined) throw notFound('deployment not found', answer.index);
      return { value: answer.value, ...toldOf(answer) };
    }),
    bind(rollout.deploymentAllocs, async ({ params, waiting, signal }) => {
      const answer = await ops.query(readDeploymentAllocs(idOf(params)), waiting, signal);
      return { value: answer.value.map((one) => allocStub(one, false)), ...toldOf(answer) };
    }),
    bind(rollout.failDeployment, async ({ params }) =>
      changed(await ops.failDeployment(idOf(params))),
    ),
    bind(rollout.pauseDeployment, async ({ params, body }) =>
      changed(await ops.pauseDeployment(idOf(params), body.pause)),
    ),
    bind(rollout.promoteDeployment, async ({ params, body }) => {
      const groups = body.all || body.groups.length === 0 ? undefined : body.groups;
      return changed(await ops.promoteDeployment(idOf(params), groups));
    }),
    bind(rollout.unblockDeployment, async ({ params }) =>
      changed(await ops.unblockDeployment(idOf(params))),
    ),
    bind(rollout.setAllocHealth, async ({ params, body }) =>
      changed(await ops.setAllocHealth(idOf(params), body)),
    ),
  ];
}

function idOf(params: { readonly id: string }): DeploymentId {
  return params.id as DeploymentId;
}

function changed(reply: DeploymentReply): Result<DeploymentChanged> {
  return { value: reply, index: reply.index };
}
