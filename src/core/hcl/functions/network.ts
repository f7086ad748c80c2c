/** Functions of addresses: `cidrhost`, `cidrnetmask`, `cidrsubnet`, `cidrsubnets`. */
import type { CallContext, HclFunction, Problem } from '../function.ts';
import { isProblem } from '../function.ts';
import { toBigInt } from '../number.ts';
import { string } from '../value.ts';
import type { Value } from '../value.ts';
import { TOO_MUCH, numOf, numberParam, textOf, textParam, texts, wholeOf } from './define.ts';

/** An address prefix; `bits` is the width of its family's addresses: 32 or 128. */
type Prefix = Readonly<{ address: bigint; length: number; bits: 32 | 128 }>;

function parsePrefix(text: string): Prefix | Problem {
  const wrong = { problem: `invalid CIDR expression: "${text}"`, argument: 0 };
  const [ip = '', lengthText = '', more] = text.split('/');
  const bits = ip.includes(':') ? 128 : 32;
  const address = bits === 128 ? parseV6(ip) : parseV4(ip);
  const length = Number(lengthText);
  const sound = /^\d{1,3}$/.test(lengthText) && length <= bits && more === undefined;
  if (address === undefined || !sound) return wrong;
  const host = BigInt(bits - length);
  return { address: (address >> host) << host, length, bits };
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.');
  const sound = parts.length === 4 && parts.every((p) => /^\d{1,3}$/.test(p) && Number(p) <= 255);
  return sound ? parts.reduce((all, part) => (all << 8n) | BigInt(part), 0n) : undefined;
}

function parseV6(text: string): bigint | undefined {
  const [head = '', tail, more] = text.split('::');
  if (more !== undefined) return undefined;
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  if (left === undefined || right === undefined) return undefined;
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...left, ...Array.from({ length: missing }, () => 0n), ...right];
  return all.reduce((sum, group) => (sum << 16n) | group, 0n);
}

function groups(text: string): readonly bigint[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const last = parts[parts.length - 1] ?? '';
  const v4 = last.includes('.') ? parseV4(last) : undefined;
  if (v4 !== undefined) parts.splice(-1, 1, (v4 >> 16n).toString(16), (v4 & 0xffffn).toString(16));
  const sound = parts.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part));
  return sound ? parts.map((part) => BigInt(`0x${part}`)) : undefined;
}

function formatAddress(address: bigint, bits: 32 | 128): string {
  const step = bits === 32 ? 8n : 16n;
  const count = bits === 32 ? 4 : 8;
  const parts = Array.from({ length: count }, (_, i) => {
    return (address >> (step * BigInt(count - 1 - i))) & ((1n << step) - 1n);
  });
  if (bits === 32) return parts.join('.');
  const hex = parts.map((part) => part.toString(16));
  const { at, length } = longestZeros(hex);
  // The longest run of zero groups is left out. Source: RFC 5952.
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, at).join(':')}::${hex.slice(at + length).join(':')}`;
}

function longestZeros(groupTexts: readonly string[]): Readonly<{ at: number; length: number }> {
  let best = { at: 0, length: 0 };
  let start = 0;
  for (const [i, group] of groupTexts.entries()) {
    if (group !== '0') start = i + 1;
    else if (i + 1 - start > best.length) best = { at: start, length: i + 1 - start };
  }
  return best;
}

function formatPrefix({ address, length, bits }: Prefix): string {
  return `${formatAddress(address, bits)}/${length}`;
}

function cidrHost(args: readonly Value[]): Value | Problem {
  const prefix = parsePrefix(textOf(args[0]));
  const host = toBigInt(numOf(args[1]));
  if (isProblem(prefix)) return prefix;
  if (host === undefined) return { problem: 'a whole number is required', argument: 1 };
  const size = 1n << BigInt(prefix.bits - prefix.length);
  const offset = host < 0n ? size + host : host;
  if (offset < 0n || offset >= size) {
    const problem = `prefix of ${prefix.length} does not accommodate a host numbered ${host}`;
    return { problem, argument: 1 };
  }
  return string(formatAddress(prefix.address + offset, prefix.bits));
}

function cidrNetmask(args: readonly Value[]): Value | Problem {
  const prefix = parsePrefix(textOf(args[0]));
  if (isProblem(prefix)) return prefix;
  const { bits, length } = prefix;
  if (bits !== 32) return { problem: 'IPv6 addresses cannot have a netmask', argument: 0 };
  const host = BigInt(bits - length);
  return string(formatAddress(((1n << BigInt(length)) - 1n) << host, bits));
}

function subnet(prefix: Prefix, newBits: number, number: bigint): Prefix | Problem {
  const length = prefix.length + newBits;
  if (newBits < 0 || length > prefix.bits) {
    return {
      problem: `insufficient address space to extend prefix of ${prefix.length} by ${newBits}`,
    };
  }
  const count = 1n << BigInt(newBits);
  const at = number < 0n ? count + number : number;
  if (at < 0n || at >= count) {
    const problem = `prefix extension of ${newBits} does not accommodate a subnet numbered ${number}`;
    return { problem };
  }
  return { ...prefix, length, address: prefix.address | (at << BigInt(prefix.bits - length)) };
}

function cidrSubnet(args: readonly Value[]): Value | Problem {
  const prefix = parsePrefix(textOf(args[0]));
  const newBits = wholeOf(args, 1);
  const number = toBigInt(numOf(args[2]));
  if (isProblem(prefix)) return prefix;
  if (typeof newBits !== 'number') return newBits;
  if (number === undefined) return { problem: 'a whole number is required', argument: 2 };
  const made = subnet(prefix, newBits, number);
  return isProblem(made) ? made : string(formatPrefix(made));
}

/** One prefix after another, each where the one before ends, rounded up to its own size. */
function cidrSubnets(args: readonly Value[], { budget }: CallContext): Value | Problem {
  const prefix = parsePrefix(textOf(args[0]));
  if (isProblem(prefix)) return prefix;
  const made: string[] = [];
  let next = prefix.address;
  const end = prefix.address + (1n << BigInt(prefix.bits - prefix.length));
  for (const argument of args.keys()) {
    if (argument === 0) continue;
    const newBits = wholeOf(args, argument);
    if (typeof newBits !== 'number') return newBits;
    const length = prefix.length + newBits;
    if (newBits < 1) return { problem: 'must extend prefix by at least one bit', argument };
    if (length > prefix.bits)
      return { problem: 'would extend prefix beyond the address', argument };
    const size = 1n << BigInt(prefix.bits - length);
    const address = ((next + size - 1n) / size) * size;
    next = address + size;
    if (next > end) return { problem: 'not enough remaining address space for a subnet', argument };
    if (!budget.elements(1)) return TOO_MUCH;
    made.push(formatPrefix({ address, length, bits: prefix.bits }));
  }
  return texts(made);
}

export const NETWORK: Readonly<Record<string, HclFunction>> = {
  cidrhost: { params: [textParam('prefix'), numberParam('hostnum')], call: cidrHost },
  cidrnetmask: { params: [textParam('prefix')], call: cidrNetmask },
  cidrsubnet: {
    params: [textParam('prefix'), numberParam('newbits'), numberParam('netnum')],
    call: cidrSubnet,
  },
  cidrsubnets: { params: [textParam('prefix')], rest: numberParam('newbits'), call: cidrSubnets },
};
