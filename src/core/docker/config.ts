/**
 * The `config` block of a docker task, as job files write it.
 *
 * Blocks come as lists of objects (`port_map { http = 80 }` is `[{ http: 80 }]`) and are merged;
 * numbers and booleans may come as text, as older job files wrote them.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/drivers/docker#task-configuration
 */
import { z } from 'zod';
import type { JsonObject } from '../../base/json.ts';
import type { ConfigIssue } from '../model/config-issue.ts';

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const integer = z.union([
  z.number().int(),
  z
    .string()
    .regex(/^-?\d+$/, 'expected a whole number')
    .transform(Number),
]);
const flag = z.union([
  z.boolean(),
  z.enum(['true', 'false', '1', '0']).transform((word) => word === 'true' || word === '1'),
]);
const list = z.union([z.array(text), text.transform((one) => [one])]);

/** A block or an attribute holding a map; repeated blocks are merged, later keys win. */
function mapOf<T extends z.ZodType>(value: T): z.ZodType<Record<string, z.output<T>>> {
  const one = z.record(z.string(), value);
  return z.union([
    one,
    z.array(one).transform((many) => Object.assign({}, ...many) as Record<string, z.output<T>>),
  ]);
}

/** A block that may be written once. */
function single<T extends z.ZodType>(value: T): z.ZodType<z.output<T>> {
  return z.union([
    value,
    z
      .array(value)
      .length(1, 'may be given once')
      .transform((many) => many[0]),
  ]) as z.ZodType<z.output<T>>;
}

const mount = z.strictObject({
  type: z.enum(['bind', 'volume', 'tmpfs']).default('volume'),
  target: z.string(),
  source: z.string().default(''),
  readonly: flag.default(false),
  bind_options: single(z.strictObject({ propagation: z.string().default('') })).optional(),
  tmpfs_options: single(
    z.strictObject({ size: integer.default(0), mode: integer.default(0) }),
  ).optional(),
  volume_options: single(
    z.strictObject({
      no_copy: flag.default(false),
      labels: mapOf(text).default({}),
      driver_config: single(
        z.strictObject({ name: z.string().default(''), options: mapOf(text).default({}) }),
      ).optional(),
    }),
  ).optional(),
});

const device = z.strictObject({
  host_path: z.string(),
  container_path: z.string().default(''),
  cgroup_permissions: z
    .string()
    .regex(/^[rwm]*$/, 'expected letters of "rwm"')
    .default(''),
});

const config = z.strictObject({
  image: z.string().min(1, 'is required'),
  advertise_ipv6_address: flag.default(false),
  args: list.default([]),
  auth: single(
    z.strictObject({
      username: z.string().default(''),
      password: z.string().default(''),
      email: z.string().default(''),
      server_address: z.string().default(''),
    }),
  ).optional(),
  auth_soft_fail: flag.default(false),
  cap_add: list.default([]),
  cap_drop: list.default([]),
  cgroupns: z.enum(['host', 'private']).optional(),
  command: z.string().default(''),
  container_exists_attempts: integer.optional(),
  cpu_cfs_period: integer.default(100_000),
  cpu_hard_limit: flag.default(false),
  devices: z.array(device).default([]),
  dns_options: list.default([]),
  dns_search_domains: list.default([]),
  dns_servers: list.default([]),
  entrypoint: list.optional(),
  extra_hosts: list.default([]),
  force_pull: flag.default(false),
  group_add: list.default([]),
  healthchecks: single(z.strictObject({ disable: flag.default(false) })).optional(),
  hostname: z.string().default(''),
  image_pull_timeout: z.string().default('5m'),
  init: flag.default(false),
  interactive: flag.default(false),
  ipc_mode: z.string().default(''),
  ipv4_address: z.string().default(''),
  ipv6_address: z.string().default(''),
  isolation: z.string().default(''),
  labels: mapOf(text).default({}),
  load: z.string().default(''),
  logging: single(
    z.strictObject({
      type: z.string().default(''),
      driver: z.string().default(''),
      config: mapOf(text).default({}),
    }),
  ).optional(),
  mac_address: z.string().default(''),
  memory_hard_limit: integer.default(0),
  mount: z.array(mount).default([]),
  mounts: z.array(mount).default([]),
  network_aliases: list.default([]),
  network_mode: z.string().default(''),
  oom_score_adj: integer.default(0),
  pid_mode: z.string().default(''),
  pids_limit: integer.default(0),
  port_map: mapOf(integer).default({}),
  ports: list.default([]),
  privileged: flag.default(false),
  readonly_rootfs: flag.default(false),
  runtime: z.string().default(''),
  security_opt: list.default([]),
  shm_size: integer.default(0),
  storage_opt: mapOf(text).default({}),
  sysctl: mapOf(text).default({}),
  tty: flag.default(false),
  ulimit: mapOf(text).default({}),
  userns_mode: z.string().default(''),
  uts_mode: z.string().default(''),
  volume_driver: z.string().default(''),
  volumes: list.default([]),
  work_dir: z.string().default(''),
});

export type DockerConfig = z.output<typeof config>;
export type DockerMount = z.output<typeof mount>;

/** Reads the block; answers the mistakes by path (`mount[0].target`) where there are any. */
export function decodeDockerConfig(raw: JsonObject): DockerConfig | readonly ConfigIssue[] {
  const result = config.safeParse(raw);
  if (result.success) return result.data;
  return result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          path: pathText([...issue.path, key]),
          message: 'is not a setting of the docker driver',
        }))
      : [{ path: pathText(issue.path), message: wording(issue) }],
  );
}

/** Narrows the answer of `decodeDockerConfig`. */
export function isConfig(value: DockerConfig | readonly ConfigIssue[]): value is DockerConfig {
  return !Array.isArray(value);
}

function wording(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is required';
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}
