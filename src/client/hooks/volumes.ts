import { Failure } from '../../base/failure.ts';
import type { HostVolume } from '../../core/model/node.ts';
import type { VolumeRequest } from '../../core/model/task-group.ts';
import type { TaskHook, TaskScope } from './hook.ts';

/** Turns `volume_mount`s of the node's host volumes into mounts. */
export function volumesHook(volumes: Readonly<Record<string, HostVolume>>): TaskHook {
  return {
    name: 'volumes',
    prestart: (scope) =>
      Promise.resolve().then(() => {
        scope.mounts.push(...mountsOf(scope, volumes));
      }),
  };
}

function mountsOf(
  { task, group, alloc, driver, interpolate }: TaskScope,
  volumes: Readonly<Record<string, HostVolume>>,
): TaskScope['mounts'] {
  if (task.volumeMounts.length > 0 && !driver.capabilities.mounts) {
    throw new Failure('unsupported', `driver "${driver.name}" does not support volume mounts`);
  }
  return task.volumeMounts.map((mount) => {
    const name = interpolate(mount.volume);
    const request = group.volumes[name];
    if (request === undefined) {
      throw new Failure('invalid', `volume "${name}" is not declared by group "${group.name}"`);
    }
    const volume = find(request, alloc.name, volumes);
    return {
      hostPath: volume.path,
      taskPath: interpolate(mount.destination),
      readOnly: mount.readOnly || request.readOnly || volume.readOnly,
      propagation: mount.propagationMode,
    };
  });
}

function find(
  request: VolumeRequest,
  allocName: string,
  volumes: Readonly<Record<string, HostVolume>>,
): HostVolume {
  if (request.type !== 'host') {
    throw new Failure('unsupported', `volumes of type "${request.type}" are not supported`);
  }
  const index = /\[\d+\]$/.exec(allocName)?.[0] ?? '';
  const source = request.perAlloc ? `${request.source}${index}` : request.source;
  const volume = Object.hasOwn(volumes, source) ? volumes[source] : undefined;
  if (volume === undefined) {
    throw new Failure('not_found', `host volume "${source}" is not known to this node`);
  }
  return volume;
}
