/**
 * The messages of `alloc exec`, one JSON object in each WebSocket message.
 *
 * Source: https://developer.hashicorp.com/nomad/api-docs/client#exec-allocation
 */
import { fromBase64, toBase64 } from '../../base/base64.ts';
import type { JsonObject } from '../../base/json.ts';
import { isObject } from '../codec/codec.ts';

/** What the person at the terminal sends. */
export type ExecInput =
  | Readonly<{ type: 'stdin'; bytes: Uint8Array; close: boolean }>
  | Readonly<{ type: 'resize'; columns: number; rows: number }>
  | Readonly<{ type: 'heartbeat' }>;

/** What the task's side answers. */
export type ExecOutput =
  | Readonly<{ type: 'stdout' | 'stderr'; bytes: Uint8Array; close: boolean }>
  | Readonly<{ type: 'exited'; exitCode: number }>
  | Readonly<{ type: 'heartbeat' }>;

export function encodeExecInput(input: ExecInput): string {
  switch (input.type) {
    case 'stdin':
      return JSON.stringify({ stdin: stream(input.bytes, input.close) });
    case 'resize':
      return JSON.stringify({ tty_size: { height: input.rows, width: input.columns } });
    case 'heartbeat':
      return '{}';
  }
}

export function encodeExecOutput(output: ExecOutput): string {
  switch (output.type) {
    case 'stdout':
    case 'stderr':
      return JSON.stringify({ [output.type]: stream(output.bytes, output.close) });
    case 'exited':
      return JSON.stringify({ exited: true, result: { exit_code: output.exitCode } });
    case 'heartbeat':
      return '{}';
  }
}

function stream(bytes: Uint8Array, close: boolean): JsonObject {
  const data = bytes.length === 0 ? {} : { data: toBase64(bytes) };
  return close ? { ...data, close } : data;
}

/** Reads a message to the task; `undefined` when it is none. */
export function decodeExecInput(message: string): ExecInput | undefined {
  const raw = parse(message);
  if (raw === undefined) return undefined;
  const { stdin, tty_size: size } = raw;
  if (isObject(stdin)) {
    const bytes = bytesOf(stdin);
    return bytes && { type: 'stdin', bytes, close: stdin['close'] === true };
  }
  if (isObject(size)) {
    const { height, width } = size;
    const fits = isSize(height) && isSize(width);
    return fits ? { type: 'resize', columns: width, rows: height } : undefined;
  }
  return Object.keys(raw).length === 0 ? { type: 'heartbeat' } : undefined;
}

/** Reads a message from the task; `undefined` when it is none. */
export function decodeExecOutput(message: string): ExecOutput | undefined {
  const raw = parse(message);
  if (raw === undefined) return undefined;
  if (raw['exited'] === true) {
    const result = isObject(raw['result']) ? raw['result'] : {};
    return { type: 'exited', exitCode: Number(result['exit_code'] ?? 0) };
  }
  for (const type of ['stdout', 'stderr'] as const) {
    const part = raw[type];
    if (!isObject(part)) continue;
    const bytes = bytesOf(part);
    return bytes && { type, bytes, close: part['close'] === true };
  }
  return Object.keys(raw).length === 0 ? { type: 'heartbeat' } : undefined;
}

function parse(message: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const raw: unknown = JSON.parse(message);
    return isObject(raw) ? raw : undefined;
  } catch {
    return undefined;
  }
}

function bytesOf(part: Readonly<Record<string, unknown>>): Uint8Array | undefined {
  const data = part['data'] ?? '';
  return typeof data === 'string' ? fromBase64(data) : undefined;
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 10_000;
}
