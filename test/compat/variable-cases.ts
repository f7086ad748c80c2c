/** Variables, and the services that jobs register with Nomad itself. */
import type { Case } from './case.ts';
import { positive } from './match.ts';

const META = {
  Namespace: 'default',
  Path: 'nomad/jobs/web',
  CreateIndex: positive,
  CreateTime: positive,
  ModifyIndex: positive,
  ModifyTime: positive,
};

export const VARIABLE_CASES: readonly Case[] = [
  {
    route: 'var.write',
    path: () => '/v1/var/nomad/jobs/web?cas=0',
    body: { Namespace: 'default', Path: 'nomad/jobs/web', Items: { user: 'me' } },
    answer: { ...META, Items: { user: 'me' } },
  },
  {
    route: 'var.write',
    shows: 'another index is answered with what is there',
    path: () => '/v1/var/nomad/jobs/web?cas=0',
    body: { Items: { user: 'you' } },
    status: 409,
    answer: { ...META, Items: { user: 'me' } },
  },
  {
    route: 'var.read',
    path: () => '/v1/var/nomad/jobs/web',
    indexed: true,
    answer: { ...META, Items: { user: 'me' } },
  },
  { route: 'var.list', path: () => '/v1/vars?prefix=nomad', indexed: true, answer: [META] },
  { route: 'var.delete', path: () => '/v1/var/nomad/jobs/web', status: 204, text: /^$/ },
  {
    route: 'var.read',
    shows: 'none',
    path: () => '/v1/var/nomad/jobs/web',
    status: 404,
    text: /^variable not found$/,
  },
  { route: 'service.list', path: () => '/v1/services', indexed: true, answer: [] },
  { route: 'service.read', path: () => '/v1/service/none', indexed: true, answer: [] },
  {
    route: 'service.delete',
    shows: 'none',
    path: () => '/v1/service/none/id',
    status: 404,
    text: /service registration not found/,
  },
  { route: 'job.services', path: () => '/v1/job/web/services', indexed: true, answer: [] },
  {
    route: 'alloc.services',
    path: ({ alloc }) => `/v1/allocation/${alloc}/services`,
    indexed: true,
    answer: [],
  },
  {
    route: 'job.template-rollouts',
    path: () => '/v1/job/web/template-rollouts',
    indexed: true,
    answer: [],
  },
  {
    route: 'alloc.template-rollout-begin',
    path: ({ alloc }) => `/v1/allocation/${alloc}/template-rollout/begin`,
    body: { Task: 't', Change: 'c1' },
    answer: { Begun: true, Stopped: '' },
  },
  {
    route: 'alloc.template-rollout-end',
    path: ({ alloc }) => `/v1/allocation/${alloc}/template-rollout/end`,
    body: { Task: 't', Healthy: true },
    text: /^$/,
  },
];
