/** `docs/reference/http-api.md` and `discovery-api.md`, of the routes that the server mounts. */
import { COMMON_QUERY } from '../src/api/common-query.ts';
import { AGENT_ROUTES as CONSUL_AGENT_ROUTES } from '../src/api/consul/agent-routes.ts';
import { AGENT_SERVICE_ROUTES } from '../src/api/consul/agent-service-routes.ts';
import { CATALOG_ROUTES } from '../src/api/consul/catalog-routes.ts';
import { CONSUL_COMMON_QUERY } from '../src/api/consul/common-query.ts';
import { COORDINATE_ROUTES } from '../src/api/consul/coordinate-routes.ts';
import { EVENT_ROUTES } from '../src/api/consul/event-routes.ts';
import { HEALTH_ROUTES } from '../src/api/consul/health-routes.ts';
import { KV_ROUTES } from '../src/api/consul/kv-routes.ts';
import { OPERATOR_ROUTES } from '../src/api/consul/operator-routes.ts';
import { QUERY_ROUTES } from '../src/api/consul/query-routes.ts';
import { SESSION_ROUTES } from '../src/api/consul/session-routes.ts';
import { SNAPSHOT_ROUTES } from '../src/api/consul/snapshot-routes.ts';
import { STATUS_ROUTES } from '../src/api/consul/status-routes.ts';
import { TXN_ROUTES } from '../src/api/consul/txn-routes.ts';
import { UI_ROUTES } from '../src/api/consul/ui-routes.ts';
import { AGENT_ROUTES } from '../src/api/nomad/agent-routes.ts';
import { ALLOC_ROUTES } from '../src/api/nomad/alloc-routes.ts';
import { CLIENT_ROUTES } from '../src/api/nomad/client-routes.ts';
import { CLUSTER_ROUTES } from '../src/api/nomad/cluster-routes.ts';
import { DEPLOYMENT_ROUTES } from '../src/api/nomad/deployment-routes.ts';
import { JOB_ROUTES } from '../src/api/nomad/job-routes.ts';
import { NODE_ROUTES } from '../src/api/nomad/node-routes.ts';
import { PLANNING_ROUTES } from '../src/api/nomad/planning-routes.ts';
import { ROLLOUT_ROUTES } from '../src/api/nomad/rollout-routes.ts';
import { SERVICE_ROUTES } from '../src/api/nomad/service-routes.ts';
import { OPERATOR_SNAPSHOT_ROUTES } from '../src/api/nomad/snapshot-routes.ts';
import { TENANCY_ROUTES } from '../src/api/nomad/tenancy-routes.ts';
import { VARIABLE_ROUTES } from '../src/api/nomad/variable-routes.ts';
import type { QueryFields } from '../src/api/query.ts';
import type { AnyRoute } from '../src/api/route.ts';

/** One page: what stands before the endpoints, what all of them take, and the endpoints. */
export interface ApiPage {
  /** Without `.md`. */
  readonly file: string;
  readonly head: string;
  readonly common: QueryFields;
  readonly sections: readonly (readonly [title: string, routes: readonly AnyRoute[]])[];
}

const MADE =
  '<!-- Made by `node --import tsx scripts/reference.ts` from the routes that the server mounts. -->';

const JOBS_HEAD = `# The jobs API

${MADE}

Port 4646. Bodies are JSON with the names and units of Nomad's API (durations in nanoseconds); what differs stands in
[COMPAT.md](../COMPAT.md).

An endpoint marked *waits* is held by \`?index=\` until its answer changes.

    $ curl -s 'localhost:4646/v1/jobs?prefix=http' | jq -r '.[].ID'
    $ curl -s 'localhost:4646/v1/job/http-echo?index=12&wait=1m'

Every endpoint takes:
`;

const DISCOVERY_HEAD = `# The discovery API

${MADE}

Port 8500. Bodies are JSON with the names of Consul's API, values of keys in Base64; what differs stands in
[COMPAT.md](../COMPAT.md#the-discovery-api-port-8500).

An endpoint marked *waits* is held by \`?index=\` until its answer changes. A name with \`*\` takes the rest of the path, slashes included.

    $ curl -s 'localhost:8500/v1/health/service/web?passing' | jq -r '.[].Service.Port'
    $ curl -s 'localhost:8500/v1/kv/greeting?index=12&wait=1m'

Every endpoint takes:
`;

export const API_PAGES: readonly ApiPage[] = [
  {
    file: 'http-api',
    head: JOBS_HEAD,
    common: COMMON_QUERY,
    sections: [
      ['Jobs', JOB_ROUTES],
      ['Allocations and evaluations', ALLOC_ROUTES],
      ['Deployments', DEPLOYMENT_ROUTES],
      ['Nodes', NODE_ROUTES],
      ['Services of jobs', SERVICE_ROUTES],
      ['Changes of templates', ROLLOUT_ROUTES],
      ['Variables', VARIABLE_ROUTES],
      ['What runs on a node', CLIENT_ROUTES],
      ['The agent', AGENT_ROUTES],
      ['The cluster', [...CLUSTER_ROUTES, ...OPERATOR_SNAPSHOT_ROUTES]],
      ['Asking before changing', PLANNING_ROUTES],
      ['Namespaces and node pools', TENANCY_ROUTES],
    ],
  },
  {
    file: 'discovery-api',
    head: DISCOVERY_HEAD,
    common: CONSUL_COMMON_QUERY,
    sections: [
      ['The catalog', CATALOG_ROUTES],
      ['Health', HEALTH_ROUTES],
      ['What the agent registers', AGENT_SERVICE_ROUTES],
      ['The agent', CONSUL_AGENT_ROUTES],
      ['Keys and values', KV_ROUTES],
      ['Transactions', TXN_ROUTES],
      ['Sessions', SESSION_ROUTES],
      ['Events', EVENT_ROUTES],
      ['Prepared queries', QUERY_ROUTES],
      ['Coordinates', COORDINATE_ROUTES],
      ['Consoles', UI_ROUTES],
      ['Snapshots', SNAPSHOT_ROUTES],
      ['Status', STATUS_ROUTES],
      ['The servers', OPERATOR_ROUTES],
    ],
  },
];

/** The text of a page. */
export function apiPage({ head, common, sections }: ApiPage): string {
  const parts = sections.map(
    ([title, routes]) => `## ${title}\n\n${routes.map((route) => entry(route)).join('\n')}`,
  );
  const text = [`${head}\n${parameters(common)}`, ...parts].join('\n');
  return `${text.replace(/\n{3,}/g, '\n\n').trimEnd()}\n`;
}

function entry(route: AnyRoute): string {
  const methods = [route.method, ...route.also].join(', ');
  const marks = [
    route.blocking ? '*waits*' : '',
    route.answers === 'json' ? '' : `answers ${route.answers}`,
  ].filter((mark) => mark !== '');
  const marked = marks.length === 0 ? '' : ` (${marks.join(', ')})`;
  return `### ${methods} ${route.path}\n\n${route.about}${marked}\n\n${parameters(route.query)}`;
}

function parameters(fields: QueryFields): string {
  return Object.values(fields)
    .map((field) => `- \`${field.wire}\`: ${field.about} (${field.expected})\n`)
    .join('');
}
