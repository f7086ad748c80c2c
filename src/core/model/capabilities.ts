/** Linux capabilities that a task may have. `net_raw`, `NET_RAW` and `CAP_NET_RAW` are one. */
import type { ConfigIssue } from './config-issue.ts';

const ALL = 'CAP_ALL';

/**
 * What tasks get unless they ask for less, and the most they may ask for unless the operator allows
 * more: Docker's own list less `CAP_NET_RAW`. Source: Nomad's default for `docker`, `exec`, `java`.
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
 * The allowed ones of the default, less `drop`, and then `add`: in full names, sorted. What the
 * operator does not allow is told as an issue.
 *
 * @param allowed by the operator; `all` allows any, and only then may `all` be added
 */
export function capabilitiesFor(
  add: readonly string[],
  drop: readonly string[],
  allowed: readonly string[],
): { readonly capabilities: readonly string[]; readonly issues: readonly ConfigIssue[] } {
  const issues: ConfigIssue[] = [];
  const permitted = new Set(allowed.map(fullName));
  const isAllowed = (name: string): boolean => permitted.has(ALL) || permitted.has(name);
  const dropped = new Set(drop.map(fullName));
  const kept = DEFAULT_CAPABILITIES.filter((name) => isAllowed(name) && !dropped.has(name));
  const wanted = new Set(dropped.has(ALL) ? [] : kept);
  add.forEach((name, i) => {
    const full = fullName(name);
    if (isAllowed(full)) wanted.add(full);
    else issues.push({ path: `cap_add[${i}]`, message: `"${name}" is not allowed on this node` });
  });
  return { capabilities: [...wanted].sort(), issues };
}

function fullName(name: string): string {
  const upper = name.toUpperCase();
  return upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
}
