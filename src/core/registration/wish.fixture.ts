/** Wishes that say nothing, for tests to fill in. */
import type { CheckWish, ServiceWish } from './wish.ts';

export function checkWish(over: Partial<CheckWish> = {}): CheckWish {
  return {
    id: '',
    checkId: '',
    name: '',
    notes: '',
    serviceId: '',
    status: '',
    args: [],
    scriptArgs: [],
    dockerContainerId: '',
    shell: '',
    http: '',
    method: '',
    header: {},
    body: '',
    disableRedirects: false,
    h2ping: '',
    tcp: '',
    tcpUseTls: false,
    udp: '',
    grpc: '',
    grpcUseTls: false,
    osService: '',
    tlsServerName: '',
    tlsSkipVerify: false,
    aliasNode: '',
    aliasService: '',
    ttlMs: 0,
    intervalMs: 0,
    timeoutMs: 0,
    successBeforePassing: 0,
    failuresBeforeWarning: 0,
    failuresBeforeCritical: 0,
    deregisterCriticalServiceAfterMs: 0,
    outputMaxBytes: 0,
    ...over,
  };
}

export function serviceWish(over: Partial<ServiceWish> = {}): ServiceWish {
  return {
    kind: '',
    id: '',
    name: 'web',
    tags: [],
    address: '',
    taggedAddresses: {},
    meta: {},
    port: 0,
    socketPath: '',
    checks: [],
    enableTagOverride: false,
    token: '',
    ...over,
  };
}
