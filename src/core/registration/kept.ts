/**
 * Registrations as an agent keeps them on its disk: read with care, as a later version, an earlier
 * one or somebody's editor may have written them.
 */
import { z } from 'zod';
import type { ServiceFacts } from '../model/catalog.ts';
import type { CheckDefinition, HealthStatus } from '../model/health-check.ts';

/** A service with all checks that belong to it. */
export interface KeptService {
  readonly service: ServiceFacts;
  readonly checks: readonly CheckDefinition[];
}

export interface KeptCheck {
  readonly check: CheckDefinition;
}

/** What was last reported of a `ttl` check. */
export interface KeptReport {
  readonly id: string;
  readonly status: HealthStatus;
  readonly output: string;
  /** [ms since the epoch] */
  readonly at: number;
}

/** Who is held back; an empty service: the node. */
export interface KeptMaintenance {
  readonly serviceId: string;
  readonly reason: string;
}

const TEXTS = z.record(z.string(), z.string());
const STATUS = z.enum(['passing', 'warning', 'critical']);
const TLS = z.object({ serverName: z.string(), skipVerify: z.boolean() });
const ARGS = z.array(z.string());

const PROBE = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('http'),
    url: z.string(),
    method: z.string(),
    header: z.record(z.string(), z.array(z.string())),
    body: z.string(),
    disableRedirects: z.boolean(),
    tls: TLS,
  }),
  z.object({ kind: z.literal('h2ping'), address: z.string(), useTls: z.boolean(), tls: TLS }),
  z.object({ kind: z.literal('tcp'), address: z.string(), useTls: z.boolean(), tls: TLS }),
  z.object({ kind: z.literal('udp'), address: z.string() }),
  z.object({
    kind: z.literal('grpc'),
    address: z.string(),
    service: z.string(),
    useTls: z.boolean(),
    tls: TLS,
  }),
  z.object({ kind: z.literal('script'), args: ARGS }),
  z.object({ kind: z.literal('docker'), containerId: z.string(), shell: z.string(), args: ARGS }),
  z.object({ kind: z.literal('ttl'), ttlMs: z.number().positive() }),
  z.object({ kind: z.literal('alias'), node: z.string(), serviceId: z.string() }),
]);

const COUNT = z.number().int().nonnegative();
const TIME = z.number().nonnegative();

const CHECK: z.ZodType<CheckDefinition> = z.object({
  id: z.string().min(1),
  name: z.string(),
  notes: z.string(),
  serviceId: z.string(),
  initialStatus: STATUS,
  probe: PROBE,
  intervalMs: TIME,
  timeoutMs: TIME,
  successBeforePassing: COUNT,
  failuresBeforeWarning: COUNT,
  failuresBeforeCritical: COUNT,
  deregisterCriticalServiceAfterMs: TIME,
  outputMaxBytes: COUNT,
});

const KINDS = [
  '',
  'connect-proxy',
  'mesh-gateway',
  'terminating-gateway',
  'ingress-gateway',
  'api-gateway',
] as const;

const SERVICE = z
  .object({
    id: z.string().min(1),
    name: z.string().min(1),
    kind: z.enum(KINDS),
    tags: z.array(z.string()),
    address: z.string(),
    port: COUNT,
    socketPath: z.string(),
    taggedAddresses: z.record(z.string(), z.object({ address: z.string(), port: COUNT })),
    meta: TEXTS,
    weights: z.object({ passing: z.number(), warning: z.number() }),
    enableTagOverride: z.boolean(),
    proxy: z.record(z.string(), z.unknown()).optional(),
  })
  // An absent field stays absent: `undefined` is not what was registered.
  .transform(({ proxy, ...facts }) => (proxy === undefined ? facts : { ...facts, proxy }));

const KEPT_SERVICE: z.ZodType<KeptService> = z.object({
  service: SERVICE,
  checks: z.array(CHECK),
});
const KEPT_CHECK: z.ZodType<KeptCheck> = z.object({ check: CHECK });
const KEPT_REPORT: z.ZodType<KeptReport> = z.object({
  id: z.string(),
  status: STATUS,
  output: z.string(),
  at: z.number(),
});
const KEPT_MAINTENANCE: z.ZodType<KeptMaintenance> = z.object({
  serviceId: z.string(),
  reason: z.string(),
});

/** Each answers undefined for what cannot be read. */
export const decodeKept = {
  service: (json: unknown): KeptService | undefined => KEPT_SERVICE.safeParse(json).data,
  check: (json: unknown): KeptCheck | undefined => KEPT_CHECK.safeParse(json).data,
  report: (json: unknown): KeptReport | undefined => KEPT_REPORT.safeParse(json).data,
  maintenance: (json: unknown): KeptMaintenance | undefined =>
    KEPT_MAINTENANCE.safeParse(json).data,
} as const;
