/** The tables of `task` and what is only in it, and of `vault`. */
import type { Evaluation } from '../hcl/evaluate.ts';
import type { BoundBlock } from '../hcl/schema.ts';
import type { Draft } from '../model/draft.ts';
import type { WorkloadIdentity } from '../model/identity.ts';
import type {
  Artifact,
  CsiPlugin,
  Lifecycle,
  Task,
  Template,
  Vault,
  VolumeMount,
} from '../model/task.ts';
import { tellDuplicate } from './decode.ts';
import { IDENTITY } from './identity-tables.ts';
import { RESOURCES } from './network-tables.ts';
import { AFFINITY, CONSTRAINT } from './placement-tables.ts';
import { TASK_SCALING } from './scaling-tables.ts';
import { LOGS, SERVICE } from './service-tables.ts';
import { RESTART } from './strategy-tables.ts';
import { duration, flag, free, int, many, one, table, text, textMap, texts } from './table.ts';
import type { Written } from './table.ts';

/** Said in the API form already, not only when a job is registered. Source: Nomad's job files. */
const VAULT_DEFAULTS = { env: true, changeMode: 'restart' };
const TEMPLATE_DEFAULTS = { changeMode: 'restart', splayMs: 5_000, perms: '0644' };

export const VAULT = table<Vault>({
  arguments: {
    policies: texts('policies'),
    namespace: text('namespace'),
    role: text('role'),
    env: flag('env'),
    disable_file: flag('disableFile'),
    change_mode: text('changeMode'),
    change_signal: text('changeSignal'),
  },
  finish: (written) => ({ ...VAULT_DEFAULTS, ...written }),
});

type Wait = NonNullable<Template['wait']>;

const TEMPLATE = table<Template>({
  arguments: {
    source: text('sourcePath'),
    destination: text('destPath'),
    data: text('embeddedTemplate'),
    change_mode: text('changeMode'),
    change_signal: text('changeSignal'),
    splay: duration('splayMs'),
    perms: text('perms'),
    uid: int('uid'),
    gid: int('gid'),
    left_delimiter: text('leftDelimiter'),
    right_delimiter: text('rightDelimiter'),
    env: flag('env'),
    vault_grace: duration('vaultGraceMs'),
    error_on_missing_key: flag('errorOnMissingKey'),
    once: flag('once'),
  },
  blocks: {
    change_script: free('changeScript'),
    wait: one(
      'wait',
      table<Wait>({ arguments: { min: duration('minMs'), max: duration('maxMs') } }),
    ),
  },
  finish: (written) => ({ ...TEMPLATE_DEFAULTS, ...written }),
});

const ARTIFACT = table<Artifact>({
  arguments: { source: text('source'), mode: text('mode'), destination: text('destination') },
  blocks: { options: textMap('options'), headers: textMap('headers') },
});

const LIFECYCLE = table<Lifecycle>({
  arguments: { hook: text('hook'), sidecar: flag('sidecar') },
});

const VOLUME_MOUNT = table<VolumeMount>({
  arguments: {
    volume: text('volume'),
    destination: text('destination'),
    read_only: flag('readOnly'),
    propagation_mode: text('propagationMode'),
  },
});

const CSI_PLUGIN = table<CsiPlugin>({
  arguments: { id: text('id'), type: text('type'), mount_dir: text('mountDir') },
});

/** A task may say what its CPU and its memory scale by, each once, and who it is. */
function finishTask(written: Written, block: BoundBlock, run: Evaluation): Written {
  tellScalingTwice(block, run);
  const { identities, ...task } = written;
  if (identities === undefined) return task;
  const all = identities as readonly Draft<WorkloadIdentity>[];
  const own = all.find(isDefault);
  const others = all.filter((each) => !isDefault(each));
  return {
    ...task,
    ...(own === undefined ? {} : { identity: own }),
    ...(others.length === 0 ? {} : { identities: others }),
  };
}

function isDefault({ name }: Draft<WorkloadIdentity>): boolean {
  return name === undefined || name === '' || name === 'default';
}

function tellScalingTwice(block: BoundBlock, run: Evaluation): void {
  const byName = new Map<string, BoundBlock['body']['blocks'][number]>();
  for (const scaling of block.body.blocks.filter((inner) => inner.type === 'scaling')) {
    const [name = ''] = scaling.labels;
    const before = byName.get(name);
    if (before === undefined) byName.set(name, scaling);
    else tellDuplicate(before, scaling, `scaling "${name}"`, run);
  }
}

export const TASK = table<Task>({
  label: 'name',
  arguments: {
    driver: text('driver'),
    user: text('user'),
    kill_timeout: duration('killTimeoutMs'),
    kill_signal: text('killSignal'),
    shutdown_delay: duration('shutdownDelayMs'),
    leader: flag('leader'),
    kind: text('kind'),
  },
  blocks: {
    config: free('config'),
    env: textMap('env'),
    meta: textMap('meta'),
    constraint: many('constraints', CONSTRAINT),
    affinity: many('affinities', AFFINITY),
    resources: one('resources', RESOURCES),
    service: many('services', SERVICE),
    restart: one('restart', RESTART),
    artifact: many('artifacts', ARTIFACT),
    template: many('templates', TEMPLATE),
    lifecycle: one('lifecycle', LIFECYCLE),
    logs: one('logConfig', LOGS),
    dispatch_payload: one(
      'dispatchPayload',
      table<NonNullable<Task['dispatchPayload']>>({ arguments: { file: text('file') } }),
    ),
    volume_mount: many('volumeMounts', VOLUME_MOUNT),
    vault: one('vault', VAULT),
    identity: many('identities', IDENTITY),
    csi_plugin: one('csiPlugin', CSI_PLUGIN),
    scaling: many('scalingPolicies', TASK_SCALING),
  },
  finish: finishTask,
});
