/** What must hold of the catalog in every state; a part of `lint`. */
import { same } from '../../base/same.ts';
import { isFindable } from '../model/alloc.ts';
import type { ServiceInstance } from '../model/catalog.ts';
import type { HealthCheck } from '../model/health-check.ts';
import type { AllocId } from '../model/ids.ts';
import type { LintSteps, Note } from './lint-note.ts';
import type { State } from './state.ts';

export function* lintCatalog(state: State): LintSteps {
  for (const service of state.services()) {
    yield undefined;
    yield* lintService(state, service);
  }
  for (const check of state.checks()) {
    yield undefined;
    yield* lintCheck(state, check);
  }
  for (const { node } of state.tables.coordinates.values()) {
    yield undefined;
    if (state.catalogNode(node) === undefined) yield orphan(`coordinate of ${node}`, 'no node');
  }
  yield* lintIds(state);
}

function* lintService(state: State, service: ServiceInstance): LintSteps {
  const subject = `${service.node}/${service.id}`;
  if (state.catalogNode(service.node)?.name !== service.node) yield orphan(subject, 'no node');
  yield* lintOwner(state, subject, service.allocId);
}

function* lintCheck(state: State, check: HealthCheck): LintSteps {
  const subject = `${check.node}/${check.id}`;
  if (state.catalogNode(check.node)?.name !== check.node) yield orphan(subject, 'no node');
  yield* lintOwner(state, subject, check.allocId);
  if (check.serviceId === '') return;
  const service = state.service(check.node, check.serviceId);
  if (service === undefined) {
    yield orphan(subject, `no service ${check.serviceId}`);
  } else if (service.name !== check.serviceName || !same(service.tags, check.serviceTags)) {
    yield orphan(subject, `names its service ${check.serviceName}, which is ${service.name}`);
  }
}

/** The rows of an allocation go with it. */
function* lintOwner(state: State, subject: string, allocId: AllocId | undefined): LintSteps {
  if (allocId === undefined) return;
  const alloc = state.alloc(allocId);
  if (alloc !== undefined && isFindable(alloc) && state.node(alloc.nodeId)?.status === 'ready') {
    return;
  }
  yield { rule: 'ended-alloc-found', subject, message: `of ${allocId}` };
}

function* lintIds(state: State): LintSteps {
  const byId = new Map<string, string>();
  for (const { id, name } of state.catalogNodes()) {
    yield undefined;
    const other = id === '' ? undefined : byId.get(id);
    if (other !== undefined) {
      yield { rule: 'node-id-twice', subject: id, message: `${other} and ${name}` };
    }
    byId.set(id, name);
  }
}

function orphan(subject: string, message: string): Note {
  return { rule: 'catalog-orphaned', subject, message };
}
