/** The file tree that an isolated task sees, and where each path in it really lies. */
import { existsSync, readdirSync } from 'node:fs';
import { join, normalize } from 'node:path';
import type { TaskSpec } from '../../../ports/driver.ts';

/** One directory or file of the machine in the task's tree. */
export interface Bind {
  readonly source: string;
  /** As the task sees it. */
  readonly path: string;
  readonly readOnly: boolean;
  /** `rprivate` unless said otherwise. */
  readonly propagation: string;
}

/**
 * What a task gets of the machine unless the operator says otherwise: programs and libraries, and
 * of `/etc` what they need, not its keys and passwords. Source: Nomad gives the same directories,
 * with all of `/etc`.
 */
export const DEFAULT_CHROOT: readonly string[] = [
  '/bin',
  '/lib',
  '/lib32',
  '/lib64',
  '/sbin',
  '/usr',
  ...[
    'alternatives',
    'ca-certificates',
    'ca-certificates.conf',
    'fonts',
    'group',
    'host.conf',
    'hosts',
    'ld.so.cache',
    'ld.so.conf',
    'ld.so.conf.d',
    'localtime',
    'mime.types',
    'nsswitch.conf',
    'os-release',
    'passwd',
    'pki',
    'protocols',
    'resolv.conf',
    'services',
    'ssl/certs',
    'ssl/openssl.cnf',
    'terminfo',
    'timezone',
  ].map((name) => `/etc/${name}`),
];

/**
 * All binds of a task, in the order they are to be made: the machine's first, the task's own last.
 * The tree they are made in is the task's directory, so `/local`, `/secrets` and `/tmp` are there.
 */
export function bindsOf(
  task: TaskSpec,
  chroot: Readonly<Record<string, string>> | undefined,
  own: readonly Bind[],
): readonly Bind[] {
  const usual = [...DEFAULT_CHROOT, ...javaSettings()];
  const wanted = chroot ?? Object.fromEntries(usual.map((path) => [path, path]));
  const readOnly = (source: string, path: string): Bind => ({
    source,
    path: normalize(path),
    readOnly: true,
    propagation: '',
  });
  const binds = [
    ...Object.entries(wanted)
      .filter(([source]) => existsSync(source))
      .map(([source, path]) => readOnly(source, path)),
    ...own,
    { source: task.directories.sharedDir, path: '/alloc', readOnly: false, propagation: '' },
    ...task.mounts.map((mount) => ({
      source: mount.hostPath,
      path: normalize(join('/', mount.taskPath)),
      readOnly: mount.readOnly,
      propagation: mount.propagation,
    })),
  ];
  // One at each place: the last one wins.
  return [...new Map(binds.map((bind) => [bind.path, bind])).values()];
}

/** Debian keeps parts of a Java runtime in directories of `/etc` named after its version. */
function javaSettings(): readonly string[] {
  return readdirSync('/etc')
    .filter((name) => name.startsWith('java'))
    .map((name) => `/etc/${name}`);
}

/** Where a path that the task sees lies on the machine. */
export function outside(path: string, taskDir: string, binds: readonly Bind[]): string {
  const clean = normalize(join('/', path));
  const covering = binds
    .filter((bind) => clean === bind.path || clean.startsWith(`${bind.path}/`))
    .reduce<Bind | undefined>(
      (best, bind) => (bind.path.length > (best?.path.length ?? -1) ? bind : best),
      undefined,
    );
  return covering === undefined
    ? join(taskDir, clean)
    : join(covering.source, clean.slice(covering.path.length));
}
