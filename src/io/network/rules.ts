/**
 * The packet filter's rules, as texts for `iptables-restore`.
 *
 * FW1: every rule is in a chain of ours or jumps to one; rules of one allocation carry its id, so
 *      that they are taken away exactly.
 */
import type { AssignedPort } from '../../core/model/network.ts';

export const BRIDGE = 'muster';
export const DNAT = 'MUSTER-DNAT';
export const SNAT = 'MUSTER-SNAT';
export const FORWARD = 'MUSTER-FORWARD';

/** A rule that must be there once, in a chain that is there already. */
export interface Fixture {
  readonly table: 'nat' | 'filter';
  readonly chain: string;
  readonly rule: readonly string[];
}

const LOCAL = ['-m', 'addrtype', '--dst-type', 'LOCAL', '-j', DNAT];

/** What all allocations share, in the order in which it is to be made. */
export function fixtures(subnet: string): readonly Fixture[] {
  return [
    { table: 'nat', chain: 'PREROUTING', rule: LOCAL },
    // What this machine sends to itself, loopback included, never passes PREROUTING.
    { table: 'nat', chain: 'OUTPUT', rule: LOCAL },
    { table: 'nat', chain: 'POSTROUTING', rule: ['-j', SNAT] },
    { table: 'nat', chain: SNAT, rule: ['-s', subnet, '!', '-o', BRIDGE, '-j', 'MASQUERADE'] },
    // A packet from 127.0.0.1 would find no way back.
    { table: 'nat', chain: SNAT, rule: ['-s', '127.0.0.0/8', '-o', BRIDGE, '-j', 'MASQUERADE'] },
    // An allocation that asks for its own published port would answer itself directly.
    {
      table: 'nat',
      chain: SNAT,
      rule: [
        '-s',
        subnet,
        '-o',
        BRIDGE,
        '-m',
        'conntrack',
        '--ctstate',
        'DNAT',
        '-j',
        'MASQUERADE',
      ],
    },
    { table: 'filter', chain: 'FORWARD', rule: ['-j', FORWARD] },
    { table: 'filter', chain: FORWARD, rule: ['-d', subnet, '-o', BRIDGE, '-j', 'ACCEPT'] },
    { table: 'filter', chain: FORWARD, rule: ['-s', subnet, '-i', BRIDGE, '-j', 'ACCEPT'] },
  ];
}

export const CHAINS: readonly { readonly table: 'nat' | 'filter'; readonly chain: string }[] = [
  { table: 'nat', chain: DNAT },
  { table: 'nat', chain: SNAT },
  { table: 'filter', chain: FORWARD },
];

/** The rules that publish an allocation's ports, each a line. */
export function publish(
  id: string,
  address: string,
  ports: readonly AssignedPort[],
): readonly string[] {
  return ports.flatMap((port) => {
    const inside = port.to > 0 ? port.to : port.value;
    const to = isAny(port.hostIp) ? '' : `-d ${port.hostIp}/32 `;
    return ['tcp', 'udp'].map(
      (protocol) =>
        `-A ${DNAT} ${to}-p ${protocol} -m ${protocol} --dport ${port.value} ` +
        `-m comment --comment ${mark(id)} -j DNAT --to-destination ${address}:${inside}`,
    );
  });
}

/** From what `iptables -S` lists: the lines that take the allocation's rules away. */
export function withdraw(listing: string, id: string): readonly string[] {
  return listing
    .split('\n')
    .filter((line) => ownerOf(line) === id)
    .map((line) => line.replace(/^-A /, '-D '));
}

/** True where the allocation has these rules and no others. */
export function isPublished(listing: string, id: string, rules: readonly string[]): boolean {
  const present = listing.split('\n').filter((line) => ownerOf(line) === id);
  const plain = present.map((line) => line.replaceAll('"', ''));
  return plain.length === rules.length && rules.every((rule) => plain.includes(rule));
}

/** The allocations that have rules. */
export function owners(listing: string): ReadonlySet<string> {
  return new Set(
    listing
      .split('\n')
      .map(ownerOf)
      .filter((id) => id !== undefined),
  );
}

function ownerOf(line: string): string | undefined {
  return /--comment "?muster:([\w-]+)"?(?: |$)/.exec(line)?.[1];
}

function mark(id: string): string {
  return `muster:${id}`;
}

/** An address of IPv6 is not published by these rules: then the port is open on every one. */
function isAny(ip: string): boolean {
  return ip === '' || ip === '0.0.0.0' || ip.includes(':');
}
