/** Tasks on the wire. */
import type {
  Artifact,
  CsiPlugin,
  Lifecycle,
  ScalingPolicy,
  Task,
  Template,
  Vault,
  VolumeMount,
} from '../../core/model/task.ts';
import { OMIT, shape, type Shape } from '../codec/codec.ts';
import {
  bool,
  duration,
  freeForm,
  int,
  list,
  maybe,
  nested,
  text,
  textMap,
  texts,
} from '../codec/fields.ts';
import { IDENTITY } from './identity-codec.ts';
import { LOG_CONFIG } from './log-config-codec.ts';
import { AFFINITY, CONSTRAINT } from './placement-codec.ts';
import { RESOURCES } from './resources-codec.ts';
import { SERVICE } from './service-codec.ts';
import { RESTART } from './strategy-codec.ts';
import { writeChangeScript } from '../../core/task-templates/change-script.ts';
import type { JsonObject } from '../../base/json.ts';

const LIFECYCLE: Shape<Lifecycle> = shape({ hook: text('Hook'), sidecar: bool('Sidecar') });

const ARTIFACT: Shape<Artifact> = shape({
  source: text('GetterSource', null),
  options: textMap('GetterOptions'),
  headers: textMap('GetterHeaders'),
  mode: text('GetterMode', null),
  destination: text('RelativeDest', null),
});

const SCRIPT = freeForm('ChangeScript', OMIT);
const sentScript = (value: unknown) => writeChangeScript(value as JsonObject);

const TEMPLATE: Shape<Template> = shape({
  sourcePath: text('SourcePath', null),
  destPath: text('DestPath', null),
  embeddedTemplate: text('EmbeddedTmpl', null),
  changeMode: text('ChangeMode', null),
  changeSignal: text('ChangeSignal', null),
  changeScript: maybe({ ...SCRIPT, codec: { ...SCRIPT.codec, encode: sentScript } }),
  splayMs: duration('Splay', null),
  perms: text('Perms', null),
  uid: maybe(int('Uid', OMIT)),
  gid: maybe(int('Gid', OMIT)),
  leftDelimiter: text('LeftDelim', null),
  rightDelimiter: text('RightDelim', null),
  env: bool('Envvars', null),
  vaultGraceMs: duration('VaultGrace', null),
  wait: maybe(
    nested(
      'Wait',
      shape<{ readonly minMs: number; readonly maxMs: number }>({
        minMs: duration('Min', null),
        maxMs: duration('Max', null),
      }),
      OMIT,
    ),
  ),
  errorOnMissingKey: bool('ErrMissingKey', OMIT),
  once: maybe(bool('Once', OMIT)),
});

const VOLUME_MOUNT: Shape<VolumeMount> = shape({
  volume: text('Volume', null),
  destination: text('Destination', null),
  readOnly: bool('ReadOnly', null),
  propagationMode: text('PropagationMode', null),
});

const VAULT: Shape<Vault> = shape({
  policies: texts('Policies'),
  namespace: text('Namespace', null),
  role: text('Role', OMIT),
  env: bool('Env', null),
  disableFile: bool('DisableFile', OMIT),
  changeMode: text('ChangeMode', null),
  changeSignal: text('ChangeSignal', null),
});

const CSI_PLUGIN: Shape<CsiPlugin> = shape({
  id: text('ID'),
  type: text('Type'),
  mountDir: text('MountDir'),
});

export const SCALING_POLICY: Shape<ScalingPolicy> = shape(
  {
    id: text('ID'),
    type: text('Type'),
    target: textMap('Target'),
    min: int('Min', null),
    max: int('Max', null),
    policy: freeForm('Policy'),
    enabled: bool('Enabled', null),
  },
  { Namespace: '', CreateIndex: 0, ModifyIndex: 0 },
);

export const TASK: Shape<Task> = shape({
  name: text('Name'),
  driver: text('Driver'),
  user: text('User'),
  lifecycle: maybe(nested('Lifecycle', LIFECYCLE)),
  config: freeForm('Config'),
  constraints: list('Constraints', CONSTRAINT),
  affinities: list('Affinities', AFFINITY),
  env: textMap('Env'),
  services: list('Services', SERVICE),
  resources: nested('Resources', RESOURCES),
  restart: nested('RestartPolicy', RESTART),
  meta: textMap('Meta'),
  killTimeoutMs: duration('KillTimeout', null),
  logConfig: nested('LogConfig', LOG_CONFIG),
  artifacts: list('Artifacts', ARTIFACT),
  vault: maybe(nested('Vault', VAULT)),
  identity: maybe(nested('Identity', IDENTITY, OMIT)),
  identities: maybe(list('Identities', IDENTITY, OMIT)),
  templates: list('Templates', TEMPLATE),
  dispatchPayload: maybe(
    nested('DispatchPayload', shape<{ readonly file: string }>({ file: text('File') })),
  ),
  volumeMounts: list('VolumeMounts', VOLUME_MOUNT),
  csiPlugin: maybe(nested('CSIPluginConfig', CSI_PLUGIN, OMIT)),
  leader: bool('Leader'),
  shutdownDelayMs: duration('ShutdownDelay'),
  killSignal: text('KillSignal'),
  kind: text('Kind'),
  scalingPolicies: list('ScalingPolicies', SCALING_POLICY),
});
