/** What a container may do to the machine: kernel capabilities and privileges (D2). */
import { capabilitiesFor } from '../model/capabilities.ts';
import type { ConfigIssue } from '../model/config-issue.ts';
import type { ContainerInput } from './container-input.ts';
import { leavesTask } from './mounts.ts';

/** The capabilities to add after all were dropped; upper case, without `CAP_`, sorted. */
export function capAdd({ config, policy }: ContainerInput): string[] {
  if (config.privileged) return ['ALL'];
  const { capabilities } = capabilitiesFor(config.cap_add, config.cap_drop, policy.allowCaps);
  return capabilities.map((name) => name.slice('CAP_'.length));
}

/** What the job asks for and the operator does not allow. */
export function policyIssues({ config, policy, taskDir }: ContainerInput): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  if (config.privileged && !policy.allowPrivileged) {
    issues.push({ path: 'privileged', message: 'is not allowed on this node' });
  }
  issues.push(...capabilitiesFor(config.cap_add, config.cap_drop, policy.allowCaps).issues);
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
