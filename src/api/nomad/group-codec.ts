/** Task groups on the wire. */
import type { EphemeralDisk, TaskGroup, VolumeRequest } from '../../core/model/task-group.ts';
import { OMIT, shape, type Codec, type Shape } from '../codec/codec.ts';
import {
  bool,
  converted,
  duration,
  int,
  list,
  map,
  maybe,
  nested,
  text,
  textMap,
  texts,
} from '../codec/fields.ts';
import { NETWORK } from './network-codec.ts';
import { AFFINITY, CONSTRAINT, SPREAD } from './placement-codec.ts';
import { SERVICE } from './service-codec.ts';
import { DISCONNECT, MIGRATE, RESCHEDULE, RESTART, UPDATE } from './strategy-codec.ts';
import { SCALING_POLICY, TASK } from './task-codec.ts';

type MountOptions = NonNullable<VolumeRequest['mountOptions']>;

const VOLUME: Shape<VolumeRequest> = shape({
  name: text('Name'),
  type: text('Type'),
  source: text('Source'),
  readOnly: bool('ReadOnly'),
  accessMode: text('AccessMode'),
  attachmentMode: text('AttachmentMode'),
  mountOptions: maybe(
    nested(
      'MountOptions',
      shape<MountOptions>({ fsType: text('FSType'), mountFlags: texts('MountFlags') }),
    ),
  ),
  perAlloc: bool('PerAlloc'),
});

const EPHEMERAL_DISK: Shape<EphemeralDisk> = shape({
  sticky: bool('Sticky', null),
  migrate: bool('Migrate', null),
  sizeMb: int('SizeMB', null),
});

interface ConsulBlock {
  readonly namespace: string;
}

/** The model keeps the block's one field; an empty one is no block. */
const CONSUL: Codec<string> = converted<string, ConsulBlock>(
  shape<ConsulBlock>({ namespace: text('Namespace') }),
  (namespace) => ({ namespace }),
  (block) => block.namespace,
);

export const GROUP: Shape<TaskGroup> = shape({
  name: text('Name'),
  count: int('Count', null),
  constraints: list('Constraints', CONSTRAINT),
  affinities: list('Affinities', AFFINITY),
  tasks: list('Tasks', TASK),
  spreads: list('Spreads', SPREAD),
  volumes: map('Volumes', VOLUME),
  restart: nested('RestartPolicy', RESTART),
  reschedule: maybe(nested('ReschedulePolicy', RESCHEDULE)),
  disconnect: maybe(nested('Disconnect', DISCONNECT, OMIT)),
  ephemeralDisk: nested('EphemeralDisk', EPHEMERAL_DISK),
  update: maybe(nested('Update', UPDATE)),
  migrate: maybe(nested('Migrate', MIGRATE)),
  networks: list('Networks', NETWORK),
  meta: textMap('Meta'),
  services: list('Services', SERVICE),
  shutdownDelayMs: maybe(duration('ShutdownDelay', null)),
  maxRunMs: maybe(duration('MaxRunDuration', OMIT)),
  stopAfterClientDisconnectMs: maybe(duration('StopAfterClientDisconnect', null)),
  maxClientDisconnectMs: maybe(duration('MaxClientDisconnect', OMIT)),
  preventRescheduleOnLost: bool('PreventRescheduleOnLost', OMIT),
  scaling: maybe(nested('Scaling', SCALING_POLICY)),
  consulNamespace: nested('Consul', CONSUL),
});
