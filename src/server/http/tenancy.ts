/** Namespaces and node pools. */
import { JOB_STUB, jobStub } from '../../api/nomad/job-stub-codec.ts';
import { NODE_STUB, nodeStub } from '../../api/nomad/node-codec.ts';
import * as routes from '../../api/nomad/tenancy-routes.ts';
import type { Index } from '../../base/brand.ts';
import type { Namespace } from '../../core/model/ids.ts';
import {
  readNamespace,
  readNamespaces,
  readNodePool,
  readNodePools,
  readPoolJobs,
  readPoolNodes,
} from '../../core/state/reads-tenancy.ts';
import { toldOf, type HttpDeps, type Result } from './deps.ts';
import { invalid, notFound } from './fail.ts';
import { listing } from './list.ts';
import { bind, type Bound } from './mount.ts';

/** Binds what concerns namespaces and node pools. */
export function tenancyHandlers(deps: HttpDeps): readonly Bound[] {
  return [...namespaces(deps), ...pools(deps), ...members(deps)];
}

function namespaces({ ops }: HttpDeps): readonly Bound[] {
  const { tenancy } = ops;
  return [
    bind(routes.listNamespaces, async ({ query, waiting, signal }) => {
      const answer = await ops.query(readNamespaces(query.prefix ?? ''), waiting, signal);
      return { value: answer.value, ...toldOf(answer) };
    }),
    bind(routes.readNamespace, async ({ params, waiting, signal }) => {
      const answer = await ops.query(readNamespace(params.name as Namespace), waiting, signal);
      if (answer.value === undefined) throw notFound('Namespace not found', answer.index);
      return { value: answer.value, ...toldOf(answer) };
    }),
    bind(routes.createNamespace, async ({ body }) => done(await tenancy.setNamespace(body))),
    bind(routes.putNamespace, async ({ body }) => done(await tenancy.setNamespace(body))),
    bind(routes.updateNamespace, async ({ params, body }) => {
      const name = nameOf(params.name, body.name) as Namespace;
      return done(await tenancy.setNamespace({ ...body, name }));
    }),
    bind(routes.deleteNamespace, async ({ params }) =>
      done(await tenancy.deleteNamespace(params.name as Namespace)),
    ),
  ];
}

function pools({ ops }: HttpDeps): readonly Bound[] {
  const { tenancy } = ops;
  return [
    bind(routes.listNodePools, async ({ query, waiting, signal }) => {
      const answer = await ops.query(readNodePools(query.prefix ?? ''), waiting, signal);
      return { value: answer.value, ...toldOf(answer) };
    }),
    bind(routes.readNodePool, async ({ params, waiting, signal }) => {
      const answer = await ops.query(readNodePool(params.name), waiting, signal);
      if (answer.value === undefined) throw notFound('node pool not found', answer.index);
      return { value: answer.value, ...toldOf(answer) };
    }),
    bind(routes.createNodePool, async ({ body }) => done(await tenancy.setNodePool(body))),
    bind(routes.updateNodePool, async ({ params, body }) => {
      const name = nameOf(params.name, body.name);
      return done(await tenancy.setNodePool({ ...body, name }));
    }),
    bind(routes.deleteNodePool, async ({ params }) =>
      done(await tenancy.deleteNodePool(params.name)),
    ),
  ];
}

function members({ ops }: HttpDeps): readonly Bound[] {
  return [
    bind(routes.listPoolNodes, async ({ params, query, waiting, signal }) => {
      const answer = await ops.query(readPoolNodes(params.name), waiting, signal);
      const stubs = answer.value.map((node) => {
        return nodeStub(node, { attributes: false, resources: false });
      });
      return { ...listing(stubs, NODE_STUB, query, (node) => node.id), ...toldOf(answer) };
    }),
    bind(routes.listPoolJobs, async ({ params, query, listed, waiting, signal }) => {
      const answer = await ops.query(readPoolJobs(params.name, listed), waiting, signal);
      const { value } = answer;
      const stubs = value.map((job) => {
        return jobStub(job, ops.snapshot().jobSummary(job.namespace, job.id), false);
      });
      return { ...listing(stubs, JOB_STUB, query, (job) => job.id), ...toldOf(answer) };
    }),
  ];
}

function nameOf(ofPath: string, ofBody: string): string {
  if (ofBody === '' || ofBody === ofPath) return ofPath;
  throw invalid(`Name: "${ofBody}" is not the name in the path, "${ofPath}"`);
}

function done(index: Index): Result<undefined> {
  return { value: undefined, index };
}
