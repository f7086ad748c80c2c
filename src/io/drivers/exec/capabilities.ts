/** Linux capabilities that a task may have. */
import type { ConfigIssue } from '../config.ts';

/**
 * What tasks get unless they ask for less, and the most they may ask for unless the operator allows
 * more. Source: Nomad's default for `exec` and `java`.
 */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  'CAP_AUDIT_WRITE',
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_MKNOD',
  'CAP_NET_BIND_SERVICE',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETPCAP',
  'CAP_SETUID',
  'CAP_SYS_CHROOT',
];

/**
 * The default, less `drop`, and `add`; what the operator does not allow is told as an issue.
 *
 * @param allowed by the operator, in full names
 */
export function capabilitiesFor(
  add: readonly string[],
  drop: readonly string[],
  allowed: readonly string[],
): { readonly capabilities: readonly string[]; readonly issues: readonly ConfigIssue[] } {
  const issues: ConfigIssue[] = [];
  const dropped = new Set(drop.map(fullName));
  const kept = dropped.has('CAP_ALL')
    ? []
    : DEFAULT_CAPABILITIES.filter((name) => allowed.includes(name) && !dropped.has(name));
  const wanted = new Set(kept);
  add.forEach((name, i) => {
    const full = fullName(name);
    if (full === 'CAP_ALL') for (const one of allowed) wanted.add(one);
    else if (allowed.includes(full)) wanted.add(full);
    else {
      issues.push({ path: `cap_add[${i}]`, message: `is "${name}", which is not allowed here` });
    }
  });
  return { capabilities: [...wanted].sort(), issues };
}

/** `net_raw`, `NET_RAW` and `CAP_NET_RAW` are one. */
function fullName(name: string): string {
  const upper = name.toUpperCase();
  return upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
}
