/** What of the host a container sees: its directories, volumes and mounts (D2). */
import type { JsonObject } from '../../base/json.ts';
import type { DockerMount } from './config.ts';
import type { ContainerInput } from './container-input.ts';

/** True for a host path outside the allocation's directory. */
export function leavesTask(path: string, taskDir: string): boolean {
  const full = resolve(path, taskDir);
  const allocDir = taskDir.slice(0, taskDir.lastIndexOf('/'));
  return full !== allocDir && !full.startsWith(`${allocDir}/`);
}

/** Resolves `.` and `..` of a host path, relative to the task's directory. */
function resolve(path: string, from: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${from}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** `host:container[:mode]` for the allocation's directories, volumes and mounts. */
export function binds(input: ContainerInput): string[] {
  const { shared, local, secrets } = input.directories;
  const volumes = input.config.volumes.map((volume) => {
    const [host = '', ...rest] = volume.split(':');
    // A bare name is a volume of the engine's, when it has a driver to make it.
    const named = input.config.volume_driver !== '' && !/^[./]/.test(host);
    return [named ? host : resolve(host, input.taskDir), ...rest].join(':');
  });
  const mounts = input.mounts.map((m) =>
    [m.hostPath, m.taskPath, mode(m.readOnly, m.propagation)].join(':'),
  );
  return [`${shared}:/alloc`, `${local}:/local`, `${secrets}:/secrets`, ...volumes, ...mounts];
}

function mode(readOnly: boolean, propagation: string): string {
  const flags = [readOnly ? 'ro' : 'rw'];
  const spread = { bidirectional: 'rshared', 'host-to-task': 'rslave' }[propagation];
  return spread === undefined ? flags.join(',') : [...flags, spread].join(',');
}

/** One `mount` block in the engine's form. */
export function mountBody(mount: DockerMount, taskDir: string): JsonObject {
  return {
    Type: mount.type,
    Target: mount.target,
    ReadOnly: mount.readonly,
    ...(mount.type === 'tmpfs' || mount.source === ''
      ? {}
      : { Source: mount.type === 'bind' ? resolve(mount.source, taskDir) : mount.source }),
    ...(mount.bind_options === undefined || mount.bind_options.propagation === ''
      ? {}
      : { BindOptions: { Propagation: mount.bind_options.propagation } }),
    ...(mount.tmpfs_options === undefined
      ? {}
      : { TmpfsOptions: { SizeBytes: mount.tmpfs_options.size, Mode: mount.tmpfs_options.mode } }),
    ...(mount.volume_options === undefined ? {} : { VolumeOptions: volumeOptions(mount) }),
  };
}

function volumeOptions({ volume_options: options }: DockerMount): JsonObject {
  return {
    NoCopy: options?.no_copy ?? false,
    Labels: options?.labels ?? {},
    ...(options?.driver_config === undefined
      ? {}
      : {
          DriverConfig: {
            Name: options.driver_config.name,
            Options: options.driver_config.options,
          },
        }),
  };
}
