/**
 * Asks for what templates want to know of Nomad's own services and variables. The namespace is that
 * of the caller of the API unless a template names one.
 *
 * Source: consul-template's package `dependency`: which endpoint each function asks, how it sorts.
 */
import { Failure } from '../base/failure.ts';
import { TEMPLATE_WAIT_MS } from '../core/limits.ts';
import type {
  AnswerOf,
  Dependency,
  NomadInstance,
  NomadVariableMeta,
} from '../core/template/dependency.ts';
import type { Api } from './api.ts';
import { NOMAD } from './common-query.ts';
import {
  listNamedServices,
  readNamedService,
  type ServiceRegistration,
} from './nomad/service-routes.ts';
import { listVariables, readVariable, type VariableMeta } from './nomad/variable-routes.ts';

type Kind = 'nomad.service' | 'nomad.services' | 'nomad.var' | 'nomad.var.list';

/** What templates ask of Nomad. */
export type NomadDependency = Extract<Dependency, { kind: Kind }>;

type Answer<K extends Kind> = Readonly<{ value: AnswerOf[K]; index: number }>;

interface Ask {
  readonly api: Api;
  readonly index: number;
  readonly signal: AbortSignal | undefined;
}

/** As `askDependency`. */
export async function askNomad(
  dependency: NomadDependency,
  { api, ...more }: Ask,
): Promise<Answer<Kind>> {
  const ask = { ...more, api: api.with({ dialect: NOMAD }) };
  switch (dependency.kind) {
    case 'nomad.service':
      return instances(dependency, ask);
    case 'nomad.services':
      return services(dependency, ask);
    case 'nomad.var':
      return variable(dependency, ask);
    case 'nomad.var.list':
      return variables(dependency, ask);
  }
}

/** What goes with every question. */
function common(
  { index }: Ask,
  { namespace, region }: { readonly namespace?: string; readonly region?: string },
): Readonly<{
  index?: number;
  waitMs?: number;
  namespace?: string;
  region?: string;
  stale: boolean;
}> {
  const blocks = index > 0 ? { index, waitMs: TEMPLATE_WAIT_MS } : {};
  return {
    stale: true,
    ...blocks,
    ...(namespace === undefined ? {} : { namespace }),
    ...(region === undefined ? {} : { region }),
  };
}

async function instances(
  dependency: Extract<NomadDependency, { kind: 'nomad.service' }>,
  ask: Ask,
): Promise<Answer<'nomad.service'>> {
  const { name, tag, choose } = dependency;
  const query = {
    ...common(ask, dependency),
    ...(choose === undefined ? {} : { choose: `${choose.count}|${choose.by}` }),
  };
  const told = await ask.api.tell(readNamedService, { params: { name }, query }, ask.signal);
  const wanted = told.value.filter(({ tags }) => tag === undefined || tags.includes(tag));
  return { value: wanted.map(toInstance), index: told.index };
}

function toInstance(one: ServiceRegistration): NomadInstance {
  return {
    id: one.id,
    name: one.serviceName,
    node: one.nodeId,
    address: one.address,
    port: one.port,
    datacenter: one.datacenter,
    tags: [...one.tags].sort(),
    jobId: one.jobId,
    allocId: one.allocId,
  };
}

async function services(
  dependency: Extract<NomadDependency, { kind: 'nomad.services' }>,
  ask: Ask,
): Promise<Answer<'nomad.services'>> {
  const query = common(ask, dependency);
  const { value, index } = await ask.api.tell(listNamedServices, { query }, ask.signal);
  const all = value.flatMap((each) => each.services);
  return { value: all.map(({ serviceName, tags }) => ({ name: serviceName, tags })), index };
}

async function variable(
  dependency: Extract<NomadDependency, { kind: 'nomad.var' }>,
  ask: Ask,
): Promise<Answer<'nomad.var'>> {
  const input = { params: { path: dependency.path }, query: common(ask, dependency) };
  try {
    const { value, index } = await ask.api.tell(readVariable, input, ask.signal);
    return { value: { meta: toMeta(value), items: value.items }, index };
  } catch (error) {
    if (!(error instanceof Failure) || error.fault !== 'not_found') throw error;
    return { value: undefined, index: Number(error.facts['index'] ?? 0) };
  }
}

async function variables(
  dependency: Extract<NomadDependency, { kind: 'nomad.var.list' }>,
  ask: Ask,
): Promise<Answer<'nomad.var.list'>> {
  const query = { ...common(ask, dependency), prefix: dependency.prefix };
  const { value, index } = await ask.api.tell(listVariables, { query }, ask.signal);
  return { value: value.map(toMeta), index };
}

const NANOS_PER_MS = 1_000_000n;

function toMeta(meta: VariableMeta): NomadVariableMeta {
  return {
    namespace: meta.namespace,
    path: meta.path,
    createIndex: meta.createIndex,
    modifyIndex: meta.modifyIndex,
    createTime: BigInt(meta.createdAt) * NANOS_PER_MS,
    modifyTime: BigInt(meta.modifiedAt) * NANOS_PER_MS,
  };
}
