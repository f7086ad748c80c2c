/**
 * The messages of the layer above membership: who means to join or leave, events, queries and
 * their answers, keys. One byte of kind, then a structure in msgpack.
 *
 * Source: https://github.com/hashicorp/serf (its message types)
 */
import { Failure } from '../../../base/failure.ts';
import { hostText, type Address } from '../address.ts';
import {
  EVENT_BYTES_MAX,
  KEYS_MAX,
  MEMBER_NAME_MAX,
  MEMBERS_MAX,
  SAME_TIME_MAX,
} from '../limits.ts';
import { packHost, readAddress, readName } from './messages.ts';
import { Fields, PackReader, PackWriter, textOf, type Packed } from './msgpack.ts';

/** The first byte of a message. */
export const SERF_KIND = {
  leave: 0,
  join: 1,
  pushPull: 2,
  event: 3,
  query: 4,
  response: 5,
  conflict: 6,
  keyRequest: 7,
  keyResponse: 8,
  relay: 9,
} as const;

/** Of a query: every member says that it was heard; nobody passes it on. */
export const QUERY_FLAG = { ack: 1, noBroadcast: 2 } as const;

export interface Intent {
  readonly type: 'join' | 'leave';
  readonly lTime: number;
  readonly name: string;
  /** And forget it; only of `leave`. */
  readonly prune: boolean;
}

export interface EventMessage {
  readonly type: 'event';
  readonly lTime: number;
  readonly name: string;
  readonly payload: Uint8Array;
  /** Several of this name that wait for a handler become one. */
  readonly coalesces: boolean;
}

export type Filter =
  | Readonly<{ by: 'node'; names: readonly string[] }>
  | Readonly<{ by: 'tag'; tag: string; expression: string }>;

export interface QueryMessage {
  readonly type: 'query';
  readonly lTime: number;
  readonly id: number;
  /** Where answers go. */
  readonly from: Address;
  readonly source: string;
  readonly filters: readonly Filter[];
  readonly flags: number;
  /** Members through which each answer goes besides its own way. */
  readonly relayFactor: number;
  readonly timeoutMs: number;
  readonly name: string;
  readonly payload: Uint8Array;
}

export interface ResponseMessage {
  readonly type: 'response';
  readonly lTime: number;
  readonly id: number;
  readonly from: string;
  readonly isAck: boolean;
  readonly payload: Uint8Array;
}

/** Passed on to somebody else. */
export interface RelayMessage {
  readonly type: 'relay';
  readonly to: Address;
  readonly name: string;
  readonly message: Uint8Array;
}

/** What one side tells of times, leavers and events as it exchanges states. */
export interface SerfState {
  readonly type: 'push-pull';
  readonly lTime: number;
  readonly statusTimes: ReadonlyMap<string, number>;
  readonly left: readonly string[];
  readonly eventTime: number;
  readonly events: readonly EventMessage[];
  readonly queryTime: number;
}

export type SerfMessage =
  Intent | EventMessage | QueryMessage | ResponseMessage | RelayMessage | SerfState;

const NS_PER_MS = 1_000_000;

export function encodeSerf(message: SerfMessage): Uint8Array {
  const out = new PackWriter();
  switch (message.type) {
    case 'join':
      out.byte(SERF_KIND.join).map(2).text('LTime').int(message.lTime);
      return out.text('Node').text(message.name).take();
    case 'leave':
      out.byte(SERF_KIND.leave).map(3).text('LTime').int(message.lTime);
      return out.text('Node').text(message.name).text('Prune').flag(message.prune).take();
    case 'event':
      out.byte(SERF_KIND.event).map(4).text('CC').flag(message.coalesces);
      out.text('LTime').int(message.lTime).text('Name').text(message.name);
      return out.text('Payload').raw(message.payload).take();
    case 'query':
      return query(out, message).take();
    case 'response':
      out
        .byte(SERF_KIND.response)
        .map(5)
        .text('Flags')
        .int(message.isAck ? QUERY_FLAG.ack : 0);
      out.text('From').text(message.from).text('ID').int(message.id);
      return out.text('LTime').int(message.lTime).text('Payload').raw(message.payload).take();
    case 'relay':
      return relay(out, message).take();
    case 'push-pull':
      return state(out, message).take();
  }
}

function query(out: PackWriter, message: QueryMessage): PackWriter {
  out.byte(SERF_KIND.query).map(11).text('Addr').raw(packHost(message.from.host));
  out.text('Filters').list(message.filters.length);
  for (const filter of message.filters) out.raw(filterBytes(filter));
  out.text('Flags').int(message.flags).text('ID').int(message.id);
  out.text('LTime').int(message.lTime).text('Name').text(message.name);
  out.text('Payload').raw(message.payload).text('Port').int(message.from.port);
  out.text('RelayFactor').int(message.relayFactor).text('SourceNode').text(message.source);
  return out.text('Timeout').int(Math.round(message.timeoutMs) * NS_PER_MS);
}

function filterBytes(filter: Filter): Uint8Array {
  const out = new PackWriter();
  if (filter.by === 'node') {
    out.byte(0).list(filter.names.length);
    for (const name of filter.names) out.text(name);
  } else {
    out.byte(1).map(2).text('Expr').text(filter.expression).text('Tag').text(filter.tag);
  }
  return out.take();
}

function relay(out: PackWriter, { to, name, message }: RelayMessage): PackWriter {
  out.byte(SERF_KIND.relay).map(2).text('DestAddr').map(3).text('IP').raw(packHost(to.host));
  out.text('Port').int(to.port).text('Zone').text('');
  return out.text('DestName').text(name).bare(message);
}

function state(out: PackWriter, message: SerfState): PackWriter {
  out.byte(SERF_KIND.pushPull).map(6).text('EventLTime').int(message.eventTime);
  const times = new Map<number, EventMessage[]>();
  for (const event of message.events) {
    times.set(event.lTime, [...(times.get(event.lTime) ?? []), event]);
  }
  out.text('Events').list(times.size);
  for (const [lTime, events] of times) {
    out.map(2).text('Events').list(events.length);
    for (const { name, payload } of events) {
      out.map(2).text('Name').text(name).text('Payload').raw(payload);
    }
    out.text('LTime').int(lTime);
  }
  out.text('LTime').int(message.lTime).text('LeftMembers').list(message.left.length);
  for (const name of message.left) out.text(name);
  out.text('QueryLTime').int(message.queryTime);
  out.text('StatusLTimes').map(message.statusTimes.size);
  for (const [name, lTime] of message.statusTimes) out.text(name).int(lTime);
  return out;
}

/** Fails: `invalid`, `exhausted`. */
export function decodeSerf(bytes: Uint8Array): SerfMessage {
  const kind = bytes[0];
  const reader = new PackReader(bytes, 1);
  const decode = kind === undefined ? undefined : DECODERS.get(kind);
  if (decode === undefined) throw new Failure('invalid', `no message is of kind ${kind ?? 'none'}`);
  const fields = new Fields(reader.value());
  if (kind === SERF_KIND.relay) return readRelay(fields, bytes.subarray(reader.at));
  return decode(fields);
}

const DECODERS = new Map<number, (fields: Fields) => SerfMessage>([
  [SERF_KIND.leave, (fields) => readIntent('leave', fields)],
  [SERF_KIND.join, (fields) => readIntent('join', fields)],
  [SERF_KIND.pushPull, readState],
  [
    SERF_KIND.event,
    (fields) => ({
      ...readEvent(fields, fields.whole('LTime')),
      coalesces: fields.flag('CC'),
    }),
  ],
  [SERF_KIND.query, readQuery],
  [
    SERF_KIND.response,
    (fields) => ({
      type: 'response',
      lTime: fields.whole('LTime'),
      id: fields.uint('ID'),
      from: readName(fields, 'From'),
      isAck: (fields.uint('Flags') & QUERY_FLAG.ack) !== 0,
      payload: fields.raw('Payload').slice(),
    }),
  ],
  [SERF_KIND.relay, (fields) => readRelay(fields, new Uint8Array(0))],
]);

function readIntent(type: 'join' | 'leave', fields: Fields): Intent {
  const prune = type === 'leave' && fields.flag('Prune');
  return { type, lTime: fields.whole('LTime'), name: readName(fields, 'Node'), prune };
}

function readEvent(fields: Fields, lTime: number): EventMessage {
  const name = fields.text('Name');
  const payload = fields.raw('Payload');
  if (fields.raw('Name').length + payload.length > EVENT_BYTES_ACCEPTED) {
    throw new Failure('invalid', `an event has more than ${EVENT_BYTES_ACCEPTED} bytes`);
  }
  return { type: 'event', lTime, name, payload: payload.slice(), coalesces: false };
}

/** Others may be set to more. Source: Serf's `UserEventSizeLimit` goes up to 9 KB. */
const EVENT_BYTES_ACCEPTED = EVENT_BYTES_MAX * 18;

function readQuery(fields: Fields): QueryMessage {
  return {
    type: 'query',
    lTime: fields.whole('LTime'),
    id: fields.uint('ID'),
    from: readAddress(fields, 'Addr', 'Port'),
    source: readName(fields, 'SourceNode'),
    filters: fields.list('Filters').map(readFilter),
    flags: fields.uint('Flags'),
    relayFactor: fields.uint('RelayFactor', 255),
    timeoutMs: Math.round(fields.whole('Timeout') / NS_PER_MS),
    name: fields.text('Name'),
    payload: fields.raw('Payload').slice(),
  };
}

function readFilter(value: Packed): Filter {
  if (!(value instanceof Uint8Array)) throw new Failure('invalid', 'a filter is no bytes');
  const inner = new PackReader(value, 1).value();
  if (value[0] === 0) {
    if (!Array.isArray(inner)) throw new Failure('invalid', 'a filter lists no names');
    return { by: 'node', names: (inner as readonly Packed[]).map(asText) };
  }
  if (value[0] !== 1) throw new Failure('invalid', `no filter is of kind ${value[0] ?? 'none'}`);
  const fields = new Fields(inner);
  return { by: 'tag', tag: fields.text('Tag'), expression: fields.text('Expr') };
}

function readRelay(fields: Fields, message: Uint8Array): RelayMessage {
  const to = new Fields(fields.map('DestAddr'));
  const host = hostText(to.raw('IP'));
  if (host === undefined) throw new Failure('invalid', 'a message is passed on to no address');
  const port = to.uint('Port', 0xffff);
  return { type: 'relay', to: { host, port }, name: readName(fields, 'DestName'), message };
}

function readState(fields: Fields): SerfState {
  const statusTimes = new Map<string, number>();
  for (const [name, lTime] of fields.map('StatusLTimes')) {
    if (typeof lTime !== 'number' || lTime < 0 || name.length > MEMBER_NAME_MAX) {
      throw new Failure('invalid', 'malformed message: StatusLTimes: no time');
    }
    statusTimes.set(name, lTime);
  }
  const left = fields.list('LeftMembers').map(asText);
  if (statusTimes.size > MEMBERS_MAX || left.length > MEMBERS_MAX) {
    throw new Failure('invalid', `a state tells of more than ${MEMBERS_MAX} members`);
  }
  return {
    type: 'push-pull',
    lTime: fields.whole('LTime'),
    statusTimes,
    left,
    eventTime: fields.whole('EventLTime'),
    events: fields.list('Events').flatMap(eventsOfTime),
    queryTime: fields.whole('QueryLTime'),
  };
}

/** The buffer is sent as it is: a place where there was nothing yet is nil. */
function eventsOfTime(value: Packed): readonly EventMessage[] {
  if (value === null) return [];
  const fields = new Fields(value);
  const lTime = fields.whole('LTime');
  const events = fields.list('Events').slice(0, SAME_TIME_MAX);
  return events.map((each) => readEvent(new Fields(each), lTime));
}

function asText(value: Packed): string {
  if (!(value instanceof Uint8Array)) throw new Failure('invalid', 'a name is no text');
  return textOf(value);
}

/** What a member did about a key, or which it has. */
export interface KeyResponse {
  readonly ok: boolean;
  readonly message: string;
  /** Base64. */
  readonly keys: readonly string[];
  readonly primaryKey: string;
}

/** The payload of a query about a key. */
export function encodeKeyRequest(key: Uint8Array): Uint8Array {
  return new PackWriter().byte(SERF_KIND.keyRequest).map(1).text('Key').raw(key).take();
}

/** Fails: `invalid`, `exhausted`. */
export function decodeKeyRequest(payload: Uint8Array): Uint8Array {
  if (payload[0] !== SERF_KIND.keyRequest) throw new Failure('invalid', 'no request about a key');
  return new Fields(new PackReader(payload, 1).value()).raw('Key').slice();
}

export function encodeKeyResponse({ ok, message, keys, primaryKey }: KeyResponse): Uint8Array {
  const out = new PackWriter().byte(SERF_KIND.keyResponse).map(4).text('Keys').list(keys.length);
  for (const key of keys) out.text(key);
  out.text('Message').text(message).text('PrimaryKey').text(primaryKey);
  return out.text('Result').flag(ok).take();
}

/** Fails: `invalid`, `exhausted`. */
export function decodeKeyResponse(payload: Uint8Array): KeyResponse {
  if (payload[0] !== SERF_KIND.keyResponse) throw new Failure('invalid', 'no answer about a key');
  const fields = new Fields(new PackReader(payload, 1).value());
  return {
    ok: fields.flag('Result'),
    message: fields.text('Message'),
    keys: fields.list('Keys').slice(0, KEYS_MAX).map(asText),
    primaryKey: fields.text('PrimaryKey'),
  };
}
