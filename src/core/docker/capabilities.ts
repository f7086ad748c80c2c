/** What a container may do to the machine: kernel capabilities and privileges (D2). */
import type { ConfigIssue } from './config.ts';
import type { ContainerInput, DockerPolicy } from './container-input.ts';
import { leavesTask } from './mounts.ts';

/** What a container may do unless the job asks for less; Docker's own default list less net_raw. */
export const DEFAULT_CAPS: readonly string[] = [
  'audit_write',
  'chown',
  'dac_override',
  'fowner',
  'fsetid',
  'kill',
  'mknod',
  'net_bind_service',
  'setfcap',
  'setgid',
  'setpcap',
  'setuid',
  'sys_chroot',
];

/** The capabilities to add after all were dropped; upper case, sorted. */
export function capAdd({ config, policy }: ContainerInput): string[] {
  const name = (cap: string): string => cap.toLowerCase().replace(/^cap_/, '');
  if (config.privileged) return ['ALL'];
  const dropped = new Set(config.cap_drop.map(name));
  const base = dropped.has('all') ? [] : policyCaps(policy);
  const caps = new Set([...base, ...config.cap_add.map(name)]);
  for (const cap of dropped) caps.delete(cap);
  return [...caps].map((cap) => cap.toUpperCase()).sort();
}

function policyCaps(policy: DockerPolicy): readonly string[] {
  return DEFAULT_CAPS.filter((cap) => allowsCap(policy, cap));
}

function allowsCap(policy: DockerPolicy, cap: string): boolean {
  const allowed = policy.allowCaps.map((c) => c.toLowerCase());
  return allowed.includes('all') || allowed.includes(cap.toLowerCase().replace(/^cap_/, ''));
}

/** What the job asks for and the operator does not allow. */
export function policyIssues({ config, policy, taskDir }: ContainerInput): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  if (config.privileged && !policy.allowPrivileged) {
    issues.push({ path: 'privileged', message: 'is not allowed on this node' });
  }
  config.cap_add.forEach((cap, i) => {
    if (!allowsCap(policy, cap)) {
      issues.push({ path: `cap_add[${i}]`, message: `"${cap}" is not allowed on this node` });
    }
  });
  if (policy.volumes) return issues;
  config.volumes.forEach((volume, i) => {
    if (leavesTask(volume.split(':', 1)[0] ?? '', taskDir)) {
      issues.push({ path: `volumes[${i}]`, message: 'host volumes are not enabled on this node' });
    }
  });
  for (const [key, mounts] of [
    ['mount', config.mount],
    ['mounts', config.mounts],
  ] as const) {
    mounts.forEach((m, i) => {
      if (m.type === 'bind' && leavesTask(m.source, taskDir)) {
        issues.push({
          path: `${key}[${i}].source`,
          message: 'host volumes are not enabled on this node',
        });
      }
    });
  }
  return issues;
}
