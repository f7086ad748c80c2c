/**
 * The programs outside this repository that some tests need. Tests that miss one skip themselves
 * with a reason; `npm test` names each absent part in one line, and `.ci/run` installs them all.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export type Part = Readonly<{
  /** As a reader would look for it. */
  name: string;
  /** What is not tested without it. */
  neededFor: string;
  present: boolean;
}>;

/** Looks at this machine. */
export function parts(): Part[] {
  const part = (name: string, neededFor: string, present: boolean): Part => ({
    name,
    neededFor,
    present,
  });
  return [
    part('docker engine', 'driver docker', existsSync('/var/run/docker.sock') || has('dockerd')),
    part('runc or crun', 'driver exec', has('runc') || has('crun')),
    part('qemu', 'driver qemu', has('qemu-system-x86_64')),
    part('java', 'driver java', has('java')),
    part('etcd', 'the log of several servers', has('etcd')),
    part('busybox', 'images for docker and exec', has('busybox')),
    part('ip', 'network mode bridge', has('ip')),
    part('iptables', 'network mode bridge', has('iptables')),
    part('unshare', 'network namespaces', has('unshare')),
    part('mkfs.ext4', 'the full disk', has('mkfs.ext4')),
    part('jq', 'the acceptance scripts', has('jq')),
    part(
      'python3-consul',
      'the discovery API',
      existsSync('/usr/lib/python3/dist-packages/consul'),
    ),
    part('patroni', 'locks and sessions', has('patroni')),
    part('psql', 'locks and sessions', has('psql')),
    part('nginx', 'what templates feed', has('nginx')),
    part('haproxy', 'what templates feed', has('haproxy')),
    part('root', 'namespaces, mounts, cgroups', process.getuid?.() === 0),
  ];
}

function has(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  // Debian keeps administrators' programs where a plain user's PATH does not look.
  return [...folders, '/usr/sbin', '/sbin'].some((folder) => isExecutable(join(folder, program)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
