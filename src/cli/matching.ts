/**
 * Finds what an id or the beginning of one means.
 *
 * I1: an exact id wins over longer ones that begin with it.
 * I2: several candidates are listed, none is chosen.
 *
 * Fails (all): `not_found`; `invalid` for an id too short to mean anything.
 */
import { Failure } from '../base/failure.ts';
import type { AllocStub } from '../api/nomad/alloc-codec.ts';
import { listAllocs, listEvals } from '../api/nomad/alloc-routes.ts';
import { listDeployments } from '../api/nomad/deployment-routes.ts';
import { listJobs } from '../api/nomad/job-routes.ts';
import type { JobStub } from '../api/nomad/job-stub-codec.ts';
import type { NodeStub } from '../api/nomad/node-codec.ts';
import { listNodes } from '../api/nomad/node-routes.ts';
import type { Deployment } from '../core/model/deployment.ts';
import type { Evaluation } from '../core/model/evaluation.ts';
import type { Session } from './session.ts';
import { allocList } from './views/allocs.ts';
import { deploymentList } from './views/deployment.ts';
import { evaluationList } from './views/evaluation.ts';
import { jobList } from './views/job.ts';
import { nodeList } from './views/node.ts';

/** One row, or the text that lists the candidates. */
export type Match<T> = Readonly<{ found: T }> | Readonly<{ many: string }>;

/** The one row meant. Fails: `invalid` when there are several, with their list. */
export function only<T>(match: Match<T>): T {
  if ('found' in match) return match.found;
  throw new Failure('invalid', match.many);
}

export async function matchJob({ api, world }: Session, typed: string): Promise<Match<JobStub>> {
  const rows = await api.call(listJobs, { query: { prefix: typed } }, world.signal);
  return choose(rows, typed, { one: 'job', many: 'jobs' }, (some) => jobList(some));
}

export async function matchAlloc(session: Session, typed: string): Promise<Match<AllocStub>> {
  const prefix = idPrefix(typed);
  const { api, world } = session;
  const rows = await api.call(listAllocs, { query: { prefix } }, world.signal);
  return choose(rows, prefix, { one: 'allocation', many: 'allocations' }, (some) =>
    allocList(some, session),
  );
}

export async function matchNode(session: Session, typed: string): Promise<Match<NodeStub>> {
  const prefix = idPrefix(typed);
  const { api, world } = session;
  const rows = await api.call(listNodes, { query: { prefix } }, world.signal);
  return choose(rows, prefix, { one: 'node', many: 'nodes' }, (some) => nodeList(some, session));
}

export async function matchEval(session: Session, typed: string): Promise<Match<Evaluation>> {
  const prefix = idPrefix(typed);
  const { api, world } = session;
  const rows = await api.call(listEvals, { query: { prefix } }, world.signal);
  return choose(rows, prefix, { one: 'evaluation', many: 'evaluations' }, (some) =>
    evaluationList(some, session),
  );
}

export async function matchDeployment(session: Session, typed: string): Promise<Match<Deployment>> {
  const prefix = idPrefix(typed);
  const { api, world } = session;
  const rows = await api.call(listDeployments, { query: { prefix } }, world.signal);
  return choose(rows, prefix, { one: 'deployment', many: 'deployments' }, (some) =>
    deploymentList(some, session),
  );
}

const SHORTEST = 2;

/** Ids are lower case; one letter says too little. */
function idPrefix(typed: string): string {
  if (typed.length >= SHORTEST) return typed.toLowerCase();
  throw new Failure('invalid', 'Identifier must contain at least two characters.');
}

function choose<T extends { readonly id: string }>(
  rows: readonly T[],
  typed: string,
  noun: { readonly one: string; readonly many: string },
  list: (rows: readonly T[]) => string,
): Match<T> {
  const found = rows.find(({ id }) => id === typed) ?? (rows.length === 1 ? rows[0] : undefined);
  if (found !== undefined) return { found };
  if (rows.length === 0) {
    throw new Failure('not_found', `No ${noun.one}(s) with prefix or id "${typed}" found`);
  }
  return { many: `Prefix matched multiple ${noun.many}\n\n${list(rows)}` };
}
