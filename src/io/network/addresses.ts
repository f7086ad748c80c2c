/** IPv4 addresses of a subnet, as numbers and texts. */
import { assert } from '../../base/assert.ts';

export interface Subnet {
  /** `172.26.64.0/20` */
  readonly cidr: string;
  readonly bits: number;
  /** First address: the bridge's own. */
  readonly gateway: string;
  /** How many addresses it has for allocations. */
  readonly room: number;
  /** The address of a place, from 0. */
  at(place: number): string;
}

/** Reads `A.B.C.D/BITS`; undefined when it is none, or has no room for anybody. */
export function parseSubnet(cidr: string): Subnet | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  if (match === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, bits = 0] = match.slice(1).map(Number);
  if ([a, b, c, d].some((part) => part > 255) || bits < 8 || bits > 29) return undefined;
  const size = 2 ** (32 - bits);
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  const base = whole - (whole % size);
  // Without the network's own, the gateway's and the broadcast address.
  const room = size - 3;
  const text = (address: number): string =>
    [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
  return {
    cidr: `${text(base)}/${bits}`,
    bits,
    gateway: text(base + 1),
    room,
    at(place) {
      assert(place >= 0 && place < room, 'a place lies within the subnet');
      return text(base + 2 + place);
    },
  };
}

/** The first address that nobody has; undefined: there is none. */
export function freeAddress(subnet: Subnet, taken: ReadonlySet<string>): string | undefined {
  for (let place = 0; place < subnet.room; place++) {
    const address = subnet.at(place);
    if (!taken.has(address)) return address;
  }
  return undefined;
}
