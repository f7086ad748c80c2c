/** Asking before changing: simulation, moves, and whether the state is sound. */
import * as routes from '../../api/nomad/planning-routes.ts';
import type { SimulateBody } from '../../api/nomad/planning-routes.ts';
import { SIMULATION_NODES_MAX } from '../../core/limits.ts';
import type { Namespace, NodeId } from '../../core/model/ids.ts';
import type { InventedNodes } from '../../core/what-if/invent.ts';
import type { Move } from '../../core/what-if/rebalance.ts';
import type { WhatIf } from '../../core/what-if/simulation.ts';
import type { StateReader } from '../../core/state/snapshot.ts';
import { plainly, type HttpDeps } from './deps.ts';
import { invalid, notFound } from './fail.ts';
import { admitJob } from './job-input.ts';
import { bind, type Bound } from './mount.ts';

const BUDGET = 10;
const GAIN = 0.1;

/** Binds the questions. */
export function planningHandlers(deps: HttpDeps): readonly Bound[] {
  const { planning } = deps.ops;
  return [
    bind(routes.simulate, async ({ body, namespace, signal }) => {
      return plainly(await planning.simulate(whatIfOf(deps, body, namespace), signal));
    }),
    bind(routes.rebalance, async ({ query, signal }) => {
      const gainMin = query.gain === undefined ? GAIN : Number(query.gain);
      if (!(gainMin > 0)) throw invalid('?gain: expected a number above 0');
      const moves = await planning.rebalance({ budget: query.budget ?? BUDGET, gainMin }, signal);
      return plainly(moves.map(viewOf));
    }),
    bind(routes.lintState, async ({ signal }) => plainly(await planning.lint(signal))),
  ];
}

/** Fails: `invalid`, `not_found` with what is wrong with it. */
function whatIfOf(deps: HttpDeps, body: SimulateBody, namespace: Namespace): WhatIf {
  const state = deps.ops.snapshot();
  const invented = body.addNodes.reduce((sum, { count }) => sum + count, 0);
  if (invented > SIMULATION_NODES_MAX) {
    throw invalid(`AddNodes: at most ${SIMULATION_NODES_MAX} nodes, got ${invented}`);
  }
  for (const kind of body.addNodes) checkInvented(kind, state);
  for (const id of [...body.drainNodes, ...body.removeNodes]) checkNode(id, state);
  const jobs = body.jobs.map((draft) => admitJob(draft, deps, namespace));
  for (const jobId of [...body.stopJobs, ...body.scale.map((wish) => wish.jobId)]) {
    const known = state.job(namespace, jobId) ?? jobs.find(({ id }) => id === jobId);
    if (known === undefined) throw notFound(`job "${jobId}" not found`);
  }
  return {
    empty: body.empty,
    addNodes: body.addNodes,
    drainNodes: body.drainNodes,
    removeNodes: body.removeNodes,
    jobs,
    scale: body.scale.map((wish) => ({ ...wish, namespace })),
    stopJobs: body.stopJobs.map((jobId) => ({ namespace, jobId })),
  };
}

function checkInvented({ count, like }: InventedNodes, state: StateReader): void {
  if (count < 1) throw invalid('AddNodes: Count must be 1 or more');
  if (like !== undefined) checkNode(like, state);
}

function checkNode(id: NodeId, state: StateReader): void {
  if (state.node(id) === undefined) throw notFound(`node "${id}" not found`);
}

function viewOf({ alloc, from, to, gain }: Move): routes.MoveView {
  return {
    allocId: alloc.id,
    namespace: alloc.namespace,
    jobId: alloc.jobId,
    group: alloc.group,
    fromNodeId: from.id,
    fromNodeName: from.name,
    toNodeId: to.id,
    toNodeName: to.name,
    gain,
  };
}
