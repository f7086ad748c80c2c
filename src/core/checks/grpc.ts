/**
 * The messages of gRPC's standard health service: one field each way.
 *
 * Source: https://github.com/grpc/grpc/blob/master/doc/health-checking.md,
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */

/** Path of the method that is asked. */
export const HEALTH_PATH = '/grpc.health.v1.Health/Check';

/** Before a message: whether it is compressed, and its length. */
const PREFIX_SIZE = 5;
/** Field 1, of the kind that has a length. */
const SERVICE_FIELD = 0x0a;

/** The request for one service, framed; empty: for the whole server. */
export function encodeHealthRequest(service: string): Uint8Array {
  const name = new TextEncoder().encode(service);
  const message = name.length === 0 ? [] : [SERVICE_FIELD, ...varint(name.length), ...name];
  return Uint8Array.from([0, ...bigEndian(message.length), ...message]);
}

/** What a server said of itself. */
export type ServingStatus = 'UNKNOWN' | 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';

/** Reads a framed answer; undefined: it is none. */
export function decodeHealthReply(frame: Uint8Array): ServingStatus | undefined {
  // Nothing asks for compression, so nothing may be compressed.
  if (frame.length < PREFIX_SIZE || frame[0] !== 0) return undefined;
  const message = frame.subarray(PREFIX_SIZE);
  if (bigEndian(message.length).some((byte, i) => byte !== frame[i + 1])) return undefined;
  // A message without the field means its zero value.
  if (message.length === 0) return 'UNKNOWN';
  // Field 1, a number below 128; further fields of later versions do not matter.
  return message[0] === 0x08 ? STATUSES[message[1] ?? -1] : undefined;
}

const STATUSES: readonly ServingStatus[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** Names of a call's outcome by its number in the trailers. Source: gRPC's status codes. */
export const GRPC_CODES: readonly string[] = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];

function bigEndian(length: number): readonly number[] {
  return [(length >>> 24) & 0xff, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff];
}

function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return [...bytes, rest];
}
