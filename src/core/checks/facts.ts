/** From how a check is run to what the catalog holds of it. */
import { formatDuration } from '../../base/duration.ts';
import type { AllocId } from '../model/ids.ts';
import type { CheckDefinition, CheckFacts } from '../model/health-check.ts';
import { NODE_MAINTENANCE, SERVICE_MAINTENANCE } from '../model/health-check.ts';

/** What stays the same of a check, whatever it finds. */
export type CheckIdentity = Omit<CheckFacts, 'status' | 'output'>;

export function identityOf(definition: CheckDefinition, allocId?: AllocId): CheckIdentity {
  return {
    id: definition.id,
    name: definition.name,
    notes: definition.notes,
    serviceId: definition.serviceId,
    type: definition.probe.kind,
    definition: {},
    interval: formatDuration(definition.intervalMs),
    timeout: formatDuration(definition.timeoutMs),
    ...(allocId === undefined ? {} : { allocId }),
  };
}

/**
 * The check that holds a node, or one instance, back.
 *
 * @param serviceId empty: the node
 * @param reason empty: Consul's own words
 */
export function maintenanceFacts(serviceId: string, reason: string): CheckFacts {
  const ofNode = serviceId === '';
  return {
    id: maintenanceId(serviceId),
    name: ofNode ? 'Node Maintenance Mode' : 'Service Maintenance Mode',
    status: 'critical',
    notes: reason === '' ? defaultReason(ofNode) : reason,
    output: '',
    serviceId,
    type: 'maintenance',
    definition: {},
    interval: '',
    timeout: '',
  };
}

/** Its id. Empty: the node's. */
export function maintenanceId(serviceId: string): string {
  return serviceId === '' ? NODE_MAINTENANCE : `${SERVICE_MAINTENANCE}:${serviceId}`;
}

function defaultReason(ofNode: boolean): string {
  const what = ofNode ? 'node' : 'service';
  return `Maintenance mode is enabled for this ${what}, but no reason was provided. This is a default message.`;
}
