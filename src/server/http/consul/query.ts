/** Prepared queries. */
import * as routes from '../../../api/consul/query-routes.ts';
import type { Index } from '../../../base/brand.ts';
import { Failure } from '../../../base/failure.ts';
import type { Random } from '../../../base/random.ts';
import type { PreparedQuery, PreparedQueryFacts } from '../../../core/model/prepared-query.ts';
import { templateProblem } from '../../../core/prepared-query/template.ts';
import {
  readExecution,
  readExplained,
  readQueries,
  readQuery,
} from '../../../core/state/reads-queries.ts';
import type { QueryReading } from '../../../core/state/reads-queries.ts';
import { toldOf } from '../deps.ts';
import { invalid } from '../fail.ts';
import type { Bound } from '../mount.ts';
import { askedAgentOf } from './asked-agent.ts';
import { bind } from './bind.ts';
import type { ConsulDeps } from './deps.ts';

/** Binds what concerns prepared queries. */
export function queryHandlers(deps: ConsulDeps): readonly Bound[] {
  return [...changes(deps), ...reads(deps)];
}

function changes(deps: ConsulDeps): readonly Bound[] {
  const { ops } = deps;
  return [
    bind(routes.createQuery, async ({ body }) => {
      if (body.id !== '') throw invalid('ID must be empty when creating a new prepared query');
      const id = deps.newId();
      await ops.catalog.setQuery(factsOf(body, id), false);
      return { value: { id } };
    }),
    bind(routes.updateQuery, async ({ params, body }) => {
      await ops.catalog.setQuery(factsOf(body, params.id), true);
      return { value: undefined };
    }),
    bind(routes.deleteQuery, async ({ params }) => {
      await ops.catalog.deleteQuery(params.id);
      return { value: undefined };
    }),
  ];
}

function reads(deps: ConsulDeps): readonly Bound[] {
  const { ops, agent, random, federation } = deps;
  return [
    bind(routes.listQueries, async ({ waiting, signal }) => {
      const answer = await ops.query(readQueries(), waiting, signal);
      return { value: answer.value, ...toldOf(answer) };
    }),
    bind(routes.readQuery, async ({ params, waiting, signal }) => {
      const answer = await ops.query(readQuery(params.id), waiting, signal);
      if (answer.value === undefined) throw notFound(answer.index);
      return { value: [answer.value], ...toldOf(answer) };
    }),
    bind(routes.explainQuery, async ({ params, waiting, signal }) => {
      const answer = await ops.query(readExplained(params.id), waiting, signal);
      if (answer.value === undefined) throw notFound(answer.index);
      return { value: { query: answer.value }, ...toldOf(answer) };
    }),
    bind(routes.executeQuery, async ({ params, query, datacenter, asked, waiting, signal }) => {
      const execution = {
        datacenter: datacenter ?? agent.datacenter,
        agentNode: askedAgentOf(deps, asked).node,
        near: query.near ?? '',
        ...(federation && { datacenters: () => federation.datacenters() }),
      };
      const answer = await ops.query(readExecution(params.id, execution), waiting, signal);
      if (answer.value === undefined) throw notFound(answer.index);
      const isOver = answer.value.untried === undefined || federation === undefined;
      const reading = isOver ? answer.value : await federation.failover(answer.value, signal);
      const { query: found, datacenter: from, failovers } = reading;
      const nodes = limited(dealt(reading, random), query.limit);
      const { service, dns } = { service: found.service.service, dns: found.dns };
      return { value: { service, nodes, dns, datacenter: from, failovers }, ...toldOf(answer) };
    }),
  ];
}

/** Fails: `invalid`. */
function factsOf(body: PreparedQuery, id: string): PreparedQueryFacts {
  const { name, session, token, template, service, dns } = body;
  const facts = {
    ...{ id, name, token, service, dns },
    ...(session !== undefined && { session }),
    ...(template !== undefined && { template }),
  };
  if (service.service === '') throw invalid('Must provide a Service name to query');
  if (service.failover.nearestN < 0) throw invalid(`bad NearestN '${service.failover.nearestN}'`);
  if (dns.ttlMs < 0) throw invalid('DNS.TTL: must not be negative');
  const problem = templateProblem(facts);
  if (problem !== undefined) throw invalid(problem);
  return facts;
}

/** Instances in the order in which they are answered. */
function dealt({ instances, ordered }: QueryReading, random: Random): QueryReading['instances'] {
  if (ordered) return instances;
  const dealt = [...instances];
  for (let i = dealt.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    const [a, b] = [dealt[i], dealt[j]];
    if (a !== undefined && b !== undefined) [dealt[i], dealt[j]] = [b, a];
  }
  return dealt;
}

function limited<T>(items: readonly T[], limit: number | undefined): readonly T[] {
  return limit === undefined || limit <= 0 ? items : items.slice(0, limit);
}

function notFound(index: Index): Failure {
  return new Failure('not_found', 'Query not found', { facts: { index } });
}
