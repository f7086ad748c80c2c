/** Namespaces and node pools. */
import type { Case } from './case.ts';
import { list, positive, text } from './match.ts';

const DEFAULT = {
  ...{ Name: 'default', Description: text, CreateIndex: positive, ModifyIndex: positive },
};

export const TENANCY_CASES: readonly Case[] = [
  { route: 'namespace.list', path: () => '/v1/namespaces', indexed: true, answer: [DEFAULT] },
  {
    route: 'namespace.create',
    method: 'POST',
    path: () => '/v1/namespaces',
    body: { Name: 'team', Description: 'Ours', Meta: { owner: 'me' } },
    text: /^$/,
  },
  {
    route: 'namespace.update',
    path: () => '/v1/namespace/team',
    body: { Name: 'team', Capabilities: { DisabledTaskDrivers: ['raw_exec'] } },
    text: /^$/,
  },
  {
    route: 'namespace.read',
    path: () => '/v1/namespace/team',
    indexed: true,
    answer: { Name: 'team', Capabilities: { DisabledTaskDrivers: ['raw_exec'] }, Quota: '' },
  },
  { route: 'namespace.delete', path: () => '/v1/namespace/team', text: /^$/ },
  {
    route: 'namespace.put',
    shows: 'a row as Go writes it, with null for what was not said',
    path: () => '/v1/namespace',
    body: {
      ...{ Name: 'sent', Description: '', Quota: '', Capabilities: null, Meta: null },
      ...{ NodePoolConfiguration: null, VaultConfiguration: null, ConsulConfiguration: null },
      ...{ CreateIndex: 0, ModifyIndex: 0 },
    },
    text: /^$/,
  },
  { route: 'namespace.delete', path: () => '/v1/namespace/sent', text: /^$/ },
  {
    route: 'namespace.read',
    shows: 'none',
    path: () => '/v1/namespace/team',
    status: 404,
    text: /^Namespace not found$/,
  },
  {
    route: 'namespace.delete',
    shows: 'the default one',
    path: () => '/v1/namespace/default',
    status: 400,
    text: /can not delete default namespace/,
  },
  {
    route: 'node-pool.create',
    method: 'POST',
    path: () => '/v1/node/pools',
    body: { Name: 'gpu', Description: 'Graphics', Meta: {} },
    text: /^$/,
  },
  {
    route: 'node-pool.update',
    path: () => '/v1/node/pool/gpu',
    body: { Description: 'Graphics cards' },
    text: /^$/,
  },
  {
    route: 'node-pool.list',
    path: () => '/v1/node/pools',
    indexed: true,
    answer: [{ Name: text, Description: text, CreateIndex: positive }],
  },
  {
    route: 'node-pool.read',
    path: () => '/v1/node/pool/gpu',
    indexed: true,
    answer: { Name: 'gpu', SchedulerConfiguration: null },
  },
  { route: 'node-pool.nodes', path: () => '/v1/node/pool/default/nodes', answer: list },
  { route: 'node-pool.jobs', path: () => '/v1/node/pool/gpu/jobs', answer: [] },
  { route: 'node-pool.delete', path: () => '/v1/node/pool/gpu', text: /^$/ },
];
