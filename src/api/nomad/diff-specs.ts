/** Of what a job consists, for telling two versions of it apart. */
import type { ObjectSpec, Part } from './diff-object.ts';

const CONSTRAINT: ObjectSpec = { name: 'Constraint' };
const AFFINITY: ObjectSpec = { name: 'Affinity' };
const SPREAD: ObjectSpec = {
  name: 'Spread',
  parts: [{ is: 'set', key: 'SpreadTarget', spec: { name: 'SpreadTarget' } }],
};
const PLACEMENT: readonly Part[] = [
  { is: 'set', key: 'Constraints', spec: CONSTRAINT },
  { is: 'set', key: 'Affinities', spec: AFFINITY },
];

const HOST_NETWORK = { HostNetwork: 'default' };

const NETWORK: ObjectSpec = {
  name: 'Network',
  skip: ['Device', 'CIDR', 'IP'],
  quiet: ['Hostname'],
  parts: [
    { is: 'set', key: 'ReservedPorts', spec: { name: 'Static Port', defaults: HOST_NETWORK } },
    {
      is: 'set',
      key: 'DynamicPorts',
      spec: { name: 'Dynamic Port', skip: ['Value'], defaults: HOST_NETWORK },
    },
    {
      is: 'object',
      key: 'DNS',
      spec: {
        name: 'DNS',
        parts: [
          { is: 'texts', key: 'Servers' },
          { is: 'texts', key: 'Searches' },
          { is: 'texts', key: 'Options' },
        ],
      },
    },
  ],
};

const IDENTITY: ObjectSpec = { name: 'Identity', parts: [{ is: 'texts', key: 'Audience' }] };

const CHECK_RESTART: ObjectSpec = { name: 'CheckRestart' };

const CHECK: ObjectSpec = {
  name: 'Check',
  skip: ['Id'],
  quiet: ['TLSServerName', 'FailuresBeforeWarning'],
  parts: [
    { is: 'tree', key: 'Header' },
    { is: 'texts', key: 'Args' },
    { is: 'object', key: 'CheckRestart', spec: CHECK_RESTART },
  ],
};

const SERVICE: ObjectSpec = {
  name: 'Service',
  skip: ['Id'],
  quiet: ['Address', 'Provider', 'Cluster'],
  parts: [
    { is: 'texts', key: 'Tags' },
    { is: 'texts', key: 'CanaryTags' },
    { is: 'named', key: 'Checks', by: 'Name', spec: CHECK },
    { is: 'object', key: 'CheckRestart', spec: CHECK_RESTART },
    { is: 'object', key: 'Identity', spec: IDENTITY },
    {
      is: 'object',
      key: 'Connect',
      spec: {
        name: 'ConsulConnect',
        parts: [
          { is: 'tree', key: 'SidecarService' },
          { is: 'tree', key: 'SidecarTask' },
          { is: 'tree', key: 'Gateway' },
        ],
      },
    },
  ],
};

const RESTART_POLICY: ObjectSpec = { name: 'RestartPolicy', quiet: ['RenderTemplates'] };

export const RESTART: Part = { is: 'object', key: 'RestartPolicy', spec: RESTART_POLICY };

/** A task: what it consists of besides its plain fields. Its restart policy is told apart. */
export const TASK: ObjectSpec = {
  name: 'Task',
  skip: ['Name'],
  parts: [
    { is: 'tree', key: 'Config' },
    ...PLACEMENT,
    {
      is: 'object',
      key: 'Resources',
      spec: {
        name: 'Resources',
        parts: [
          { is: 'set', key: 'Networks', spec: NETWORK },
          {
            is: 'named',
            key: 'Devices',
            by: 'Name',
            spec: { name: 'Device', parts: PLACEMENT },
          },
        ],
      },
    },
    {
      is: 'object',
      key: 'LogConfig',
      spec: { name: 'LogConfig', quiet: ['Disabled'] },
    },
    { is: 'object', key: 'DispatchPayload', spec: { name: 'DispatchPayload' } },
    { is: 'object', key: 'Lifecycle', spec: { name: 'Lifecycle' } },
    { is: 'set', key: 'Artifacts', spec: { name: 'Artifact' } },
    { is: 'named', key: 'Services', by: 'Name', spec: SERVICE },
    { is: 'object', key: 'Identity', spec: IDENTITY },
    { is: 'named', key: 'Identities', by: 'Name', spec: IDENTITY },
    {
      is: 'object',
      key: 'Vault',
      spec: {
        name: 'Vault',
        quiet: ['Role', 'DisableFile'],
        parts: [{ is: 'texts', key: 'Policies' }],
      },
    },
    {
      is: 'set',
      key: 'Templates',
      spec: {
        name: 'Template',
        quiet: ['ErrMissingKey', 'Once', 'Uid', 'Gid'],
        parts: [
          { is: 'tree', key: 'ChangeScript' },
          { is: 'object', key: 'Wait', spec: { name: 'Wait' } },
        ],
      },
    },
    { is: 'set', key: 'VolumeMounts', spec: { name: 'VolumeMount' } },
    { is: 'object', key: 'CSIPluginConfig', spec: { name: 'CSIPluginConfig' } },
    scaling('ScalingPolicies'),
  ],
};

function scaling(key: string): Part {
  return {
    is: key === 'Scaling' ? 'object' : 'set',
    key,
    spec: {
      name: 'Scaling',
      skip: ['ID', 'Namespace', 'CreateIndex', 'ModifyIndex'],
      parts: [{ is: 'tree', key: 'Policy' }],
    },
  };
}

/** A group: what it consists of besides its plain fields and its tasks. */
export const GROUP: ObjectSpec = {
  name: 'TaskGroup',
  skip: ['Name'],
  parts: [
    ...PLACEMENT,
    { is: 'set', key: 'Spreads', spec: SPREAD },
    RESTART,
    { is: 'object', key: 'ReschedulePolicy', spec: { name: 'ReschedulePolicy' } },
    { is: 'object', key: 'Disconnect', spec: { name: 'Disconnect' } },
    { is: 'object', key: 'EphemeralDisk', spec: { name: 'EphemeralDisk' } },
    // The pause between batches belongs to system jobs; recorded differences leave it out.
    { is: 'object', key: 'Update', spec: { name: 'Update', skip: ['Stagger'] } },
    { is: 'object', key: 'Migrate', spec: { name: 'MigrateStrategy' } },
    { is: 'object', key: 'Consul', spec: { name: 'Consul' } },
    { is: 'set', key: 'Networks', spec: NETWORK },
    { is: 'named', key: 'Services', by: 'Name', spec: SERVICE },
    {
      is: 'named',
      key: 'Volumes',
      by: 'Name',
      spec: {
        name: 'Volume',
        parts: [
          {
            is: 'object',
            key: 'MountOptions',
            spec: { name: 'MountOptions', parts: [{ is: 'texts', key: 'MountFlags' }] },
          },
        ],
      },
    },
    scaling('Scaling'),
  ],
};

/** A job: what its author decides, without its groups. */
export const JOB: ObjectSpec = {
  name: 'Job',
  skip: [
    'ID',
    'Status',
    'StatusDescription',
    'Version',
    'Stable',
    'CreateIndex',
    'ModifyIndex',
    'JobModifyIndex',
    'SubmitTime',
    'NomadTokenID',
    'ConsulToken',
    'VaultToken',
  ],
  parts: [
    { is: 'texts', key: 'Datacenters' },
    { is: 'texts', key: 'After' },
    { is: 'object', key: 'Concurrency', spec: { name: 'Concurrency' } },
    ...PLACEMENT,
    { is: 'set', key: 'Spreads', spec: SPREAD },
    {
      is: 'object',
      key: 'Periodic',
      spec: { name: 'Periodic', parts: [{ is: 'texts', key: 'Specs' }] },
    },
    {
      is: 'object',
      key: 'ParameterizedJob',
      spec: {
        name: 'ParameterizedJob',
        parts: [
          { is: 'texts', key: 'MetaOptional' },
          { is: 'texts', key: 'MetaRequired' },
        ],
      },
    },
    {
      is: 'object',
      key: 'Multiregion',
      spec: {
        name: 'Multiregion',
        parts: [
          { is: 'object', key: 'Strategy', spec: { name: 'Strategy' } },
          {
            is: 'named',
            key: 'Regions',
            by: 'Name',
            spec: { name: 'Region', parts: [{ is: 'texts', key: 'Datacenters' }] },
          },
        ],
      },
    },
  ],
};
