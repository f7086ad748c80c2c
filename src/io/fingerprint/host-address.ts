/** Which address tasks of a machine are reached at. Pure, so that other machines can be tried. */
import type { NetworkInterfaceInfo } from 'node:os';

/** As `os.networkInterfaces` answers. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

export interface HostAddress {
  readonly device: string;
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
}

/**
 * The address of an interface, an IPv4 one where there is one.
 *
 * @param device that is wanted, or that the default route goes by; undefined: there is none
 * @param bindAddr of the agent, which others reach it at: counts where there is no default route
 */
export function hostAddress(
  interfaces: Interfaces,
  device: string | undefined,
  bindAddr: string,
): HostAddress | undefined {
  const bound = device === undefined ? holderOf(interfaces, bindAddr) : undefined;
  if (bound !== undefined) return bound;
  const name = device ?? 'lo';
  const addresses = interfaces[name] ?? [];
  const best = addresses.find(({ family }) => family === 'IPv4') ?? addresses[0];
  return best && { device: name, address: best.address, family: best.family };
}

/**
 * Whether an interface is there and shows no address, as one does whose cable is out: what the
 * machine is reached at stays what it was.
 *
 * @param devices all that there are
 */
export function isDown(
  device: string,
  interfaces: Interfaces,
  devices: readonly string[],
): boolean {
  return interfaces[device] === undefined && devices.includes(device);
}

function holderOf(interfaces: Interfaces, address: string): HostAddress | undefined {
  for (const [device, addresses = []] of Object.entries(interfaces)) {
    const found = addresses.find((each) => each.address === address);
    if (found !== undefined) return { device, address, family: found.family };
  }
  return undefined;
}
