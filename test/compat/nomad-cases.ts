/**
 * What Nomad's clients send, and the shape of what they read in the answer: one case and more for
 * every endpoint. They run in order against one agent on which the job `web` runs.
 *
 * Source: the request and answer examples of https://developer.hashicorp.com/nomad/api-docs
 */
import { AGENT_CASES, CLIENT_CASES } from './agent-cases.ts';
import { ALLOC_CASES, NODE_CASES } from './alloc-cases.ts';
import type { Case } from './case.ts';
import { CLUSTER_CASES } from './cluster-cases.ts';
import { JOB_CASES } from './job-cases.ts';
import { TENANCY_CASES } from './tenancy-cases.ts';
import { VARIABLE_CASES } from './variable-cases.ts';

export const NOMAD_CASES: readonly Case[] = [
  ...JOB_CASES,
  ...ALLOC_CASES,
  ...NODE_CASES,
  ...CLIENT_CASES,
  ...AGENT_CASES,
  ...TENANCY_CASES,
  ...VARIABLE_CASES,
  ...CLUSTER_CASES,
];
