/**
 * The messages of etcd's version 3 API that we use, to bytes and back.
 *
 * Revisions are numbers: they stay below 2^53. Identifiers of members and leases are BigInt.
 *
 * Source: `rpc.proto` and `kv.proto` of etcd 3.4; later versions only add fields.
 */
import { Writer, readFields } from './protobuf.ts';
import type { FieldValue } from './protobuf.ts';

/** One key as etcd holds it. */
export interface KeyValue {
  readonly key: string;
  readonly value: Buffer;
  readonly createRevision: number;
  readonly modRevision: number;
}

/** A range: one key, or from `key` up to but without `end`. */
export interface RangeQuery {
  readonly key: string;
  readonly end?: string;
  /** Absent: all. */
  readonly limit?: number;
  readonly descending?: boolean;
  readonly keysOnly?: boolean;
  /** True: what the asked member has, without asking the others. */
  readonly serializable?: boolean;
}

export interface RangeAnswer {
  /** Of the store when it answered. */
  readonly revision: number;
  readonly pairs: readonly KeyValue[];
  readonly more: boolean;
}

/** What a transaction demands before it does anything. */
export type Compare =
  Readonly<{ key: string; modRevision: number }> | Readonly<{ key: string; value: Uint8Array }>;

/** One step of a transaction. */
export type Op =
  | Readonly<{ range: RangeQuery }>
  | Readonly<{ put: Readonly<{ key: string; value: Uint8Array; lease?: bigint }> }>
  | Readonly<{ remove: Readonly<{ key: string; end?: string }> }>;

export interface Txn {
  readonly compare: readonly Compare[];
  readonly success: readonly Op[];
  readonly failure?: readonly Op[];
}

export interface TxnAnswer {
  readonly succeeded: boolean;
  readonly revision: number;
  /** For each step that was done: what a range found; empty for the others. */
  readonly found: readonly (readonly KeyValue[])[];
}

export interface Member {
  readonly id: bigint;
  /** Empty until it has started for the first time. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly learner: boolean;
}

export interface MemberList {
  readonly clusterId: bigint;
  readonly members: readonly Member[];
}

export interface Status {
  readonly clusterId: bigint;
  readonly memberId: bigint;
  /** 0n while there is no leader. */
  readonly leaderId: bigint;
  readonly learner: boolean;
  readonly version: string;
  /** As the file is, and what of it holds data. */
  readonly dbBytes: number;
  readonly dbBytesInUse: number;
}

export interface Alarm {
  readonly memberId: bigint;
  readonly kind: 'space' | 'corrupt';
}

export interface WatchEvent {
  readonly type: 'put' | 'delete';
  readonly pair: KeyValue;
}

export interface WatchAnswer {
  readonly revision: number;
  readonly created: boolean;
  readonly canceled: boolean;
  /** Above 0 where the watch began before what was compacted. */
  readonly compactRevision: number;
  readonly cancelReason: string;
  readonly events: readonly WatchEvent[];
}

const DESCEND = 2;
const MOD_REVISION = 2;
const VALUE = 3;

const key = (name: string): Buffer => Buffer.from(name, 'utf8');

export function encodeRange(query: RangeQuery): Buffer {
  return new Writer()
    .bytes(1, key(query.key))
    .bytes(2, key(query.end ?? ''))
    .number(3, query.limit)
    .number(5, query.descending === true ? DESCEND : 0)
    .flag(7, query.serializable)
    .flag(8, query.keysOnly)
    .finish();
}

function encodeCompare(compare: Compare): Buffer {
  const writer = new Writer();
  if ('value' in compare) {
    return writer.number(2, VALUE).bytes(3, key(compare.key)).message(7, compare.value).finish();
  }
  const { modRevision } = compare;
  return writer.number(2, MOD_REVISION).bytes(3, key(compare.key)).number(6, modRevision).finish();
}

function encodeOp(op: Op): Buffer {
  const writer = new Writer();
  if ('range' in op) return writer.message(1, encodeRange(op.range)).finish();
  if ('put' in op) {
    const { put } = op;
    const inner = new Writer().bytes(1, key(put.key)).bytes(2, put.value).big(3, put.lease);
    return writer.message(2, inner.finish()).finish();
  }
  const { remove } = op;
  const inner = new Writer().bytes(1, key(remove.key)).bytes(2, key(remove.end ?? ''));
  return writer.message(3, inner.finish()).finish();
}

export function encodeTxn(txn: Txn): Buffer {
  const writer = new Writer();
  for (const compare of txn.compare) writer.message(1, encodeCompare(compare));
  for (const op of txn.success) writer.message(2, encodeOp(op));
  for (const op of txn.failure ?? []) writer.message(3, encodeOp(op));
  return writer.finish();
}

export function encodeWatch(
  from: Readonly<{ key: string; end: string; revision: number }>,
): Buffer {
  const create = new Writer()
    .bytes(1, key(from.key))
    .bytes(2, key(from.end))
    .number(3, from.revision)
    .finish();
  return new Writer().message(1, create).finish();
}

/** Asks an open watch for a sign of life. */
export const WATCH_PROGRESS: Buffer = new Writer().message(3, new Uint8Array(0)).finish();

export const encodeCompaction = (revision: number): Buffer =>
  new Writer().number(1, revision).flag(2, true).finish();

export const encodeLeaseGrant = (ttlSeconds: number): Buffer =>
  new Writer().number(1, ttlSeconds).finish();

/** Also what a member's removal and promotion, and the move of the leadership, look like. */
export const encodeId = (id: bigint): Buffer => new Writer().big(1, id).finish();

export function encodeMemberAdd(peerUrl: string): Buffer {
  return new Writer().text(1, peerUrl).flag(2, true).finish();
}

const ALARM_DEACTIVATE = 2;
const ALARM_NOSPACE = 1;

export const ALARM_LIST: Buffer = Buffer.alloc(0);

export function encodeDisarm(memberId: bigint): Buffer {
  const writer = new Writer().number(1, ALARM_DEACTIVATE).big(2, memberId);
  return writer.number(3, ALARM_NOSPACE).finish();
}

export function encodeAuthenticate(user: string, password: string): Buffer {
  return new Writer().text(1, user).text(2, password).finish();
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What every answer begins with. */
interface Header {
  readonly clusterId: bigint;
  readonly memberId: bigint;
  readonly revision: number;
}

function decodeHeader(bytes: Uint8Array): Header {
  const header: Mutable<Header> = { clusterId: 0n, memberId: 0n, revision: 0 };
  readFields(bytes, (tag, value) => {
    if (tag === 1) header.clusterId = value.big;
    if (tag === 2) header.memberId = value.big;
    if (tag === 3) header.revision = value.number;
  });
  return header;
}

function decodePair(bytes: Uint8Array): KeyValue {
  const pair: Mutable<KeyValue> = {
    ...{ key: '', value: Buffer.alloc(0), createRevision: 0, modRevision: 0 },
  };
  readFields(bytes, (tag, value) => {
    if (tag === 1) pair.key = value.text;
    if (tag === 2) pair.createRevision = value.number;
    if (tag === 3) pair.modRevision = value.number;
    if (tag === 5) pair.value = value.bytes;
  });
  return pair;
}

export function decodeRange(bytes: Uint8Array): RangeAnswer {
  const pairs: KeyValue[] = [];
  const answer: Mutable<RangeAnswer> = { revision: 0, pairs, more: false };
  readFields(bytes, (tag, value) => {
    if (tag === 1) answer.revision = decodeHeader(value.bytes).revision;
    if (tag === 2) pairs.push(decodePair(value.bytes));
    if (tag === 3) answer.more = value.flag;
  });
  return answer;
}

export function decodeTxn(bytes: Uint8Array): TxnAnswer {
  const found: (readonly KeyValue[])[] = [];
  const answer: Mutable<TxnAnswer> = { succeeded: false, revision: 0, found };
  readFields(bytes, (tag, value) => {
    if (tag === 1) answer.revision = decodeHeader(value.bytes).revision;
    if (tag === 2) answer.succeeded = value.flag;
    if (tag === 3) found.push(decodeStep(value));
  });
  return answer;
}

function decodeStep(step: FieldValue): readonly KeyValue[] {
  let found: readonly KeyValue[] = [];
  readFields(step.bytes, (tag, value) => {
    if (tag === 1) found = decodeRange(value.bytes).pairs;
  });
  return found;
}

export function decodeWatch(bytes: Uint8Array): WatchAnswer {
  const events: WatchEvent[] = [];
  const answer: Mutable<WatchAnswer> = {
    ...{ revision: 0, created: false, canceled: false },
    ...{ compactRevision: 0, cancelReason: '', events },
  };
  readFields(bytes, (tag, value) => {
    if (tag === 1) answer.revision = decodeHeader(value.bytes).revision;
    if (tag === 3) answer.created = value.flag;
    if (tag === 4) answer.canceled = value.flag;
    if (tag === 5) answer.compactRevision = value.number;
    if (tag === 6) answer.cancelReason = value.text;
    if (tag === 11) events.push(decodeEvent(value.bytes));
  });
  return answer;
}

function decodeEvent(bytes: Uint8Array): WatchEvent {
  let type: WatchEvent['type'] = 'put';
  let pair: KeyValue | undefined;
  readFields(bytes, (tag, value) => {
    if (tag === 1 && value.number === 1) type = 'delete';
    if (tag === 2) pair = decodePair(value.bytes);
  });
  return { type, pair: pair ?? decodePair(new Uint8Array(0)) };
}

export function decodeMembers(bytes: Uint8Array): MemberList {
  const members: Member[] = [];
  let clusterId = 0n;
  readFields(bytes, (tag, value) => {
    if (tag === 1) clusterId = decodeHeader(value.bytes).clusterId;
    if (tag === 2) members.push(decodeMember(value.bytes));
  });
  return { clusterId, members };
}

function decodeMember(bytes: Uint8Array): Member {
  const peerUrls: string[] = [];
  const clientUrls: string[] = [];
  const member: Mutable<Member> = { id: 0n, name: '', peerUrls, clientUrls, learner: false };
  readFields(bytes, (tag, value) => {
    if (tag === 1) member.id = value.big;
    if (tag === 2) member.name = value.text;
    if (tag === 3) peerUrls.push(value.text);
    if (tag === 4) clientUrls.push(value.text);
    if (tag === 5) member.learner = value.flag;
  });
  return member;
}

export function decodeStatus(bytes: Uint8Array): Status {
  const status: Mutable<Status> = {
    ...{ clusterId: 0n, memberId: 0n, leaderId: 0n, learner: false, version: '' },
    ...{ dbBytes: 0, dbBytesInUse: 0 },
  };
  readFields(bytes, (tag, value) => {
    if (tag === 1) {
      const { clusterId, memberId } = decodeHeader(value.bytes);
      Object.assign(status, { clusterId, memberId });
    }
    if (tag === 2) status.version = value.text;
    if (tag === 3) status.dbBytes = value.number;
    if (tag === 4) status.leaderId = value.big;
    if (tag === 9) status.dbBytesInUse = value.number;
    if (tag === 10) status.learner = value.flag;
  });
  return status;
}

export function decodeAlarms(bytes: Uint8Array): readonly Alarm[] {
  const alarms: Alarm[] = [];
  readFields(bytes, (tag, value) => {
    if (tag !== 2) return;
    let memberId = 0n;
    let kind = 0;
    readFields(value.bytes, (inner, each) => {
      if (inner === 1) memberId = each.big;
      if (inner === 2) kind = each.number;
    });
    if (kind > 0) alarms.push({ memberId, kind: kind === ALARM_NOSPACE ? 'space' : 'corrupt' });
  });
  return alarms;
}

/** Of a lease that was granted or kept: how long it lasts [s], 0 where it is gone. */
export function decodeLease(bytes: Uint8Array): { id: bigint; ttlSeconds: number } {
  const lease = { id: 0n, ttlSeconds: 0 };
  readFields(bytes, (tag, value) => {
    if (tag === 2) lease.id = value.big;
    if (tag === 3) lease.ttlSeconds = value.number;
  });
  return lease;
}

export function decodeToken(bytes: Uint8Array): string {
  let token = '';
  readFields(bytes, (tag, value) => {
    if (tag === 2) token = value.text;
  });
  return token;
}
