/** What an agent registers, as its API tells it. */
import { createHash } from 'node:crypto';
import type { AgentService } from '../../../api/consul/agent-service-codec.ts';
import type { Index } from '../../../base/brand.ts';
import type { HealthCheck } from '../../../core/model/health-check.ts';
import { NODE_MAINTENANCE, SERVICE_MAINTENANCE } from '../../../core/model/health-check.ts';
import type { LocalCheck, LocalService } from '../../../ports/registrar.ts';

/** @param datacenter of the agent */
export function agentService({ facts }: LocalService, datacenter: string): AgentService {
  const { proxy } = facts;
  return {
    kind: facts.kind,
    id: facts.id,
    name: facts.name,
    tags: facts.tags,
    meta: facts.meta,
    port: facts.port,
    address: facts.address,
    socketPath: facts.socketPath,
    taggedAddresses: facts.taggedAddresses,
    weights: facts.weights,
    enableTagOverride: facts.enableTagOverride,
    ...(proxy === undefined ? {} : { proxy }),
    datacenter,
  };
}

/** Changes with what was registered. */
export function contentHash(service: LocalService): string {
  const text = JSON.stringify(service.facts);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** A check of the agent; indexes are the catalog's, and 0 here. */
export function agentCheck(node: string, check: LocalCheck): HealthCheck {
  const { facts, serviceName, serviceTags } = check;
  const index = 0 as Index;
  return { ...facts, node, serviceName, serviceTags, createIndex: index, modifyIndex: index };
}

/** How an instance fares: maintenance, or the worst of its checks and its node's. */
export type AggregatedStatus = 'passing' | 'warning' | 'critical' | 'maintenance';

export function aggregated(checks: readonly HealthCheck[]): AggregatedStatus {
  if (checks.some(({ id }) => isMaintenance(id))) return 'maintenance';
  if (checks.some(({ status }) => status === 'critical')) return 'critical';
  return checks.some(({ status }) => status === 'warning') ? 'warning' : 'passing';
}

/** The status code that tells it. Source: Consul's agent health endpoints. */
export const AGGREGATED_CODES: Readonly<Record<AggregatedStatus, number>> = {
  passing: 200,
  warning: 429,
  critical: 503,
  maintenance: 503,
};

function isMaintenance(id: string): boolean {
  return id === NODE_MAINTENANCE || id.startsWith(`${SERVICE_MAINTENANCE}:`);
}
