/**
 * What a name under our domain means. Source: Consul's DNS interface, with one difference: a name
 * that has only other names under it (`service.consul`) is there, without records, so that a
 * resolver that walks down label by label is not told that nothing can be below.
 */
import { parseHex } from './address.ts';
import { TYPE } from './record.ts';

/** `datacenter` undefined: the agent's own. All texts in lower case. */
export type Lookup =
  | {
      readonly kind: 'service';
      readonly service: string;
      /** Empty: any. */
      readonly tag: string;
      readonly datacenter: string | undefined;
    }
  | {
      readonly kind: 'node';
      readonly node: string;
      readonly datacenter: string | undefined;
    }
  | {
      readonly kind: 'query';
      readonly query: string;
      readonly datacenter: string | undefined;
    }
  /** An address's own name, as targets of SRV records have it. */
  | { readonly kind: 'address'; readonly address: Uint8Array }
  /** The name of a virtual address: no service has one. */
  | { readonly kind: 'virtual' }
  | { readonly kind: 'name servers' }
  /** There, but nothing but other names. */
  | { readonly kind: 'branch'; readonly datacenter: string | undefined }
  | { readonly kind: 'none' };

/**
 * @param labels in front of the domain, lower case, first to last
 * @param type asked for: with SRV, `service` may be left out behind `_name._tag`
 */
export function parseLookup(labels: readonly string[], type: number): Lookup {
  for (let i = labels.length - 1; i >= 0; i--) {
    const label = labels[i] ?? '';
    if (KINDS.has(label)) return ofKind(label as Kind, labels.slice(0, i), labels.slice(i + 1));
    if (type === TYPE.SRV && label.startsWith('_')) {
      return ofKind('service', labels.slice(0, i + 1), labels.slice(i + 1));
    }
  }
  if (labels.length === 0) return { kind: 'branch', datacenter: undefined };
  if (labels.length > 1) return NONE;
  return labels[0] === 'ns' ? { kind: 'name servers' } : { kind: 'branch', datacenter: labels[0] };
}

type Kind = 'service' | 'node' | 'query' | 'addr' | 'connect' | 'ingress' | 'virtual';

const KINDS: ReadonlySet<string> = new Set<Kind>([
  'service',
  'node',
  'query',
  'addr',
  'connect',
  'ingress',
  'virtual',
]);

const NONE: Lookup = { kind: 'none' };

/** @param suffixes nothing, the datacenter, or that and `dc` */
function ofKind(kind: Kind, parts: readonly string[], suffixes: readonly string[]): Lookup {
  if (suffixes.length > 2 || (suffixes.length === 2 && suffixes[1] !== 'dc')) return NONE;
  const datacenter = suffixes[0];
  if (parts.length === 0) return { kind: 'branch', datacenter };
  switch (kind) {
    case 'service':
      return serviceLookup(parts, datacenter);
    case 'node':
      return { kind: 'node', node: parts.join('.'), datacenter };
    case 'query':
      return { kind: 'query', query: queryName(parts), datacenter };
    case 'addr': {
      const address = parts.length === 1 ? parseHex(parts[0] ?? '') : undefined;
      return address === undefined ? NONE : { kind: 'address', address };
    }
    case 'virtual':
      return { kind: 'virtual' };
    case 'connect':
    case 'ingress':
      // No instance is reached through a proxy or gateway that we would know of.
      return NONE;
  }
}

function serviceLookup(parts: readonly string[], datacenter: string | undefined): Lookup {
  const [first = '', second = ''] = parts;
  if (parts.length === 2 && first.startsWith('_') && second.startsWith('_')) {
    const tag = second.slice(1);
    const isProtocol = tag === 'tcp' || tag === 'udp';
    return { kind: 'service', service: first.slice(1), tag: isProtocol ? '' : tag, datacenter };
  }
  const tag = parts.slice(0, -1).join('.');
  return { kind: 'service', service: parts.at(-1) ?? '', tag, datacenter };
}

function queryName(parts: readonly string[]): string {
  const [first = ''] = parts;
  const isRfc2782 = parts.length > 1 && first.startsWith('_') && parts.at(-1)?.startsWith('_');
  return isRfc2782 === true ? parts.slice(0, -1).join('.').slice(1) : parts.join('.');
}
