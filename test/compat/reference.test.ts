/** The documentation of the API is made of the routes themselves. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { COMMON_QUERY } from '../../src/api/common-query.ts';
import { AGENT_ROUTES } from '../../src/api/nomad/agent-routes.ts';
import { NOMAD_ROUTES } from '../../src/api/nomad/all-routes.ts';
import { ALLOC_ROUTES } from '../../src/api/nomad/alloc-routes.ts';
import { CLIENT_ROUTES } from '../../src/api/nomad/client-routes.ts';
import { CLUSTER_ROUTES } from '../../src/api/nomad/cluster-routes.ts';
import { DEPLOYMENT_ROUTES } from '../../src/api/nomad/deployment-routes.ts';
import { JOB_ROUTES } from '../../src/api/nomad/job-routes.ts';
import { NODE_ROUTES } from '../../src/api/nomad/node-routes.ts';
import type { QueryFields } from '../../src/api/query.ts';
import type { AnyRoute } from '../../src/api/route.ts';

const FILE = join(import.meta.dirname, '../../docs/reference/http-api.md');

const SECTIONS: readonly (readonly [string, readonly AnyRoute[]])[] = [
  ['Jobs', JOB_ROUTES],
  ['Allocations and evaluations', ALLOC_ROUTES],
  ['Deployments', DEPLOYMENT_ROUTES],
  ['Nodes', NODE_ROUTES],
  ['What runs on a node', CLIENT_ROUTES],
  ['The agent', AGENT_ROUTES],
  ['The cluster', CLUSTER_ROUTES],
];

const HEAD = `# The jobs API

Port 4646. Bodies are JSON with the names and units of Nomad's API (durations in nanoseconds); what differs stands in
[COMPAT.md](../COMPAT.md). This page is made from the routes that the server mounts: \`REWRITE=1 node --import tsx --test
test/compat/reference.test.ts\`.

An endpoint marked *waits* is held by \`?index=\` until its answer changes.

    $ curl -s 'localhost:4646/v1/jobs?prefix=http' | jq -r '.[].ID'
    $ curl -s 'localhost:4646/v1/job/http-echo?index=12&wait=1m'

Every endpoint takes:
`;

function parameters(fields: QueryFields): string {
  return Object.values(fields)
    .map((field) => `- \`${field.wire}\`: ${field.about} (${field.expected})\n`)
    .join('');
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

function render(): string {
  const sections = SECTIONS.map(
    ([title, routes]) => `## ${title}\n\n${routes.map((route) => entry(route)).join('\n')}`,
  );
  const text = [`${HEAD}\n${parameters(COMMON_QUERY)}`, ...sections].join('\n');
  return `${text.replace(/\n{3,}/g, '\n\n').trimEnd()}\n`;
}

test('the reference tells every endpoint there is', () => {
  const told = SECTIONS.flatMap(([, routes]) => routes);
  assert.deepEqual(new Set(told), new Set(NOMAD_ROUTES));
  const text = render();
  if (process.env['REWRITE'] === '1') {
    mkdirSync(dirname(FILE), { recursive: true });
    writeFileSync(FILE, text);
  }
  assert.ok(existsSync(FILE), 'run with REWRITE=1 to write it');
  assert.equal(readFileSync(FILE, 'utf8'), text);
});
