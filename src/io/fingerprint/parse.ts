/**
 * Reads the texts in which Linux tells of itself. Pure, so that other machines' texts can be
 * tried.
 */

/** From `/etc/os-release`: its fields, unquoted. */
export function parseOsRelease(text: string): Readonly<Record<string, string>> {
  const fields = text.split('\n').flatMap((line): [string, string][] => {
    const match = /^([A-Z][A-Z0-9_]*)=(?:"([^"]*)"|'([^']*)'|(.*))$/.exec(line.trim());
    return match === null ? [] : [[match[1] ?? '', match[2] ?? match[3] ?? match[4] ?? '']];
  });
  return Object.fromEntries(fields);
}

/** From `/proc/net/route`: the interface of the default route with the lowest metric. */
export function parseDefaultRoute(text: string): string | undefined {
  const routes = text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1] === '00000000' && fields[7] === '00000000')
    .sort((a, b) => Number(a[6]) - Number(b[6]));
  return routes[0]?.[0];
}

/** As Go names the architecture that Node names otherwise: job files say `amd64`. */
export function goArch(nodeArch: string): string {
  switch (nodeArch) {
    case 'x64':
      return 'amd64';
    case 'ia32':
      return '386';
    case 'ppc64':
      return 'ppc64le';
    case 'mipsel':
      return 'mipsle';
    default:
      return nodeArch;
  }
}

/** Which cgroups a machine has, from `/proc/self/mountinfo`; undefined: none. */
export function parseCgroupVersion(mountinfo: string): 'v1' | 'v2' | undefined {
  const types = mountinfo.split('\n').map((line) => line.split(' - ')[1]?.split(' ')[0]);
  // With both mounted the controllers are version 1's: the other one only sorts processes.
  if (types.includes('cgroup')) return 'v1';
  return types.includes('cgroup2') ? 'v2' : undefined;
}
