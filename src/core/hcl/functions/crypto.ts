/** Functions of digests, keys and identifiers: computed by the host, or not at all. */
import type { CallContext, FunctionHost, HclFunction, Problem } from '../function.ts';
import { isProblem } from '../function.ts';
import { string } from '../value.ts';
import type { Value } from '../value.ts';
import { numberParam, textOf, textParam, wholeOf } from './define.ts';
import { bytesOf } from './encoding.ts';

type Algorithm = Parameters<NonNullable<FunctionHost['hash']>>[0];

const ABSENT: Problem = { problem: 'this function is not available here' };

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function digest(algorithm: Algorithm): HclFunction {
  const call = (args: readonly Value[], { host }: CallContext): Value | Problem =>
    host.hash === undefined ? ABSENT : string(hex(host.hash(algorithm, bytesOf(textOf(args[0])))));
  return { params: [textParam('str')], call };
}

/** The cost doubles with each step: beyond this one call takes longer than anybody waits. */
const BCRYPT_COST_MAX = 14;
const BCRYPT_COST_DEFAULT = 10;

function bcrypt(args: readonly Value[], { host }: CallContext): Value | Problem {
  const cost = args.length > 1 ? wholeOf(args, 1) : BCRYPT_COST_DEFAULT;
  if (typeof cost !== 'number') return cost;
  if (cost < 4 || cost > BCRYPT_COST_MAX) {
    return { problem: `cost must be between 4 and ${BCRYPT_COST_MAX}`, argument: 1 };
  }
  const made = host.bcrypt?.(textOf(args[0]), cost) ?? ABSENT;
  return isProblem(made) ? made : string(made.text);
}

function rsaDecrypt(args: readonly Value[], { host }: CallContext): Value | Problem {
  const made = host.rsaDecrypt?.(textOf(args[0]), textOf(args[1])) ?? ABSENT;
  return isProblem(made) ? made : string(made.text);
}

/** Source: RFC 4122 appendix C. */
const NAMESPACES: Readonly<Record<string, string>> = {
  dns: '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  url: '6ba7b811-9dad-11d1-80b4-00c04fd430c8',
  oid: '6ba7b812-9dad-11d1-80b4-00c04fd430c8',
  x500: '6ba7b814-9dad-11d1-80b4-00c04fd430c8',
};

function nameUuid(args: readonly Value[], { host }: CallContext): Value | Problem {
  const given = textOf(args[0]);
  const namespace = (NAMESPACES[given] ?? given).replace(/-/g, '');
  if (!/^[0-9a-fA-F]{32}$/.test(namespace)) {
    return { problem: `"${given}" is not a UUID, dns, url, oid or x500`, argument: 0 };
  }
  if (host.hash === undefined) return ABSENT;
  const prefix = (namespace.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
  const bytes = Uint8Array.from([...prefix, ...bytesOf(textOf(args[1]))]);
  const hash = host.hash('sha1', bytes).slice(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return string(hex(hash).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
}

export const CRYPTO: Readonly<Record<string, HclFunction>> = {
  bcrypt: { params: [textParam('str')], rest: numberParam('cost'), call: bcrypt },
  md5: digest('md5'),
  rsadecrypt: { params: [textParam('ciphertext'), textParam('privatekey')], call: rsaDecrypt },
  sha1: digest('sha1'),
  sha256: digest('sha256'),
  sha512: digest('sha512'),
  uuidv4: {
    params: [],
    call: (_, { host }) => (host.uuid === undefined ? ABSENT : string(host.uuid())),
  },
  uuidv5: { params: [textParam('namespace'), textParam('name')], call: nameUuid },
};
