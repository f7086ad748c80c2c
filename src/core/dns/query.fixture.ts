/** Questions as they come over the wire. */
import assert from 'node:assert/strict';
import { parseName } from './name.ts';
import { decodeQuery, type Query } from './query.ts';
import { TYPE } from './record.ts';

export interface Asked {
  readonly id?: number;
  /** Undefined: without extensions. */
  readonly udpBytes?: number;
  readonly dnssec?: boolean;
  readonly class?: number;
}

export type TypeName = keyof typeof TYPE;

/** The packet of a question; recursion is desired. */
export function queryPacket(name: string, type: TypeName, asked: Asked = {}): Uint8Array {
  const { id = 0x1234, udpBytes, dnssec = false } = asked;
  const wire = parseName(name)?.wire;
  assert.ok(wire !== undefined, `"${name}" is no name`);
  const head = [id >>> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, udpBytes === undefined ? 0 : 1];
  const question = [...wire, 0, TYPE[type], 0, asked.class ?? 1];
  if (udpBytes === undefined) return Uint8Array.from([...head, ...question]);
  const opt = [0, 0, TYPE.OPT, udpBytes >>> 8, udpBytes & 0xff, 0, 0, dnssec ? 0x80 : 0, 0, 0, 0];
  return Uint8Array.from([...head, ...question, ...opt]);
}

export function queryFor(name: string, type: TypeName, asked: Asked = {}): Query {
  const received = decodeQuery(queryPacket(name, type, asked));
  assert.ok(received.verdict === 'query', received.verdict);
  return received.query;
}
