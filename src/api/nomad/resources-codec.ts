/** What a task asks of its node, on the wire. */
import type { DeviceRequest, TaskResources } from '../../core/model/resources.ts';
import { shape, type Shape } from '../codec/codec.ts';
import { int, list, text } from '../codec/fields.ts';
import { NETWORK } from './network-codec.ts';
import { AFFINITY, CONSTRAINT } from './placement-codec.ts';

const DEVICE: Shape<DeviceRequest> = shape({
  name: text('Name'),
  count: int('Count', null),
  constraints: list('Constraints', CONSTRAINT),
  affinities: list('Affinities', AFFINITY),
});

export const RESOURCES: Shape<TaskResources> = shape({
  cpu: int('CPU', null),
  cores: int('Cores', null),
  memoryMb: int('MemoryMB', null),
  memoryMaxMb: int('MemoryMaxMB', null),
  diskMb: int('DiskMB', null),
  iops: int('IOPS', null),
  networks: list('Networks', NETWORK),
  devices: list('Devices', DEVICE),
});
