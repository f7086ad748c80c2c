/**
 * Remote execution as Consul's agents do it: an event `_rexec` names a session; under the session's
 * prefix in the KV store lies what is to be run, and there each agent writes what came of it. All
 * those keys are locked by the session, so that they go with it.
 *
 * RX1: nothing of an event or a job file is believed: what is no proper job is left alone.
 *
 * Source: https://developer.hashicorp.com/consul/commands/exec
 */
import { fromBase64 } from '../../base/base64.ts';
import type { Json } from '../../base/json.ts';
import type { SessionId } from '../model/session.ts';
import type { UserEventFacts } from '../model/user-event.ts';

/** The event that asks agents to run something. */
export const REMOTE_EXEC_EVENT = '_rexec';

/** Where a job and its answers are. */
export interface JobPlace {
  readonly prefix: string;
  readonly session: SessionId;
}

/** What is to be run. */
export type RemoteJob =
  | Readonly<{ kind: 'shell'; command: string }>
  | Readonly<{ kind: 'args'; args: readonly string[] }>
  /** A whole script with its own first line. */
  | Readonly<{ kind: 'script'; script: Uint8Array }>;

/** Bytes of one piece of output. Source: Consul's agents write no larger ones. */
export const OUTPUT_PIECE_BYTES = 4 * 1024;
/** Output is written at least so often while there is any [ms]. Source: Consul. */
export const OUTPUT_FLUSH_MS = 500;

/** Reads the payload of a `_rexec` event; undefined: it is none (RX1). */
export function placeOf(event: Pick<UserEventFacts, 'payload'>): JobPlace | undefined {
  const payload = parse(event.payload);
  const prefix = payload?.['Prefix'];
  const session = payload?.['Session'];
  if (typeof prefix !== 'string' || typeof session !== 'string') return undefined;
  return prefix === '' || session === '' ? undefined : { prefix, session: session as SessionId };
}

/** Reads the value of a job's key (Base64); undefined: it is none (RX1). */
export function remoteJobOf(value: string): RemoteJob | undefined {
  const spec = parse(value);
  const script = spec?.['Script'];
  const args = spec?.['Args'];
  const command = spec?.['Command'];
  if (typeof script === 'string' && script !== '') {
    const bytes = fromBase64(script);
    return bytes === undefined ? undefined : { kind: 'script', script: bytes };
  }
  if (Array.isArray(args) && args.length > 0) {
    const texts = args.filter((each) => typeof each === 'string');
    return texts.length === args.length ? { kind: 'args', args: texts } : undefined;
  }
  if (typeof command !== 'string' || command === '') return undefined;
  return { kind: 'shell', command };
}

/** Who asks waits so long for news unless the job says otherwise [ms]. Source: Consul. */
const QUIET_MS = 2000;
/** No job makes nodes give signs of life more often than that [ms]. */
const QUIET_MS_MIN = 250;
const NANOS_PER_MS = 1e6;

/** How long who asks bears silence before a node counts as lost [ms], of a job's key (Base64). */
export function quietMsOf(value: string): number {
  const wait = parse(value)?.['Wait'];
  return typeof wait === 'number' && wait > 0
    ? Math.max(QUIET_MS_MIN, wait / NANOS_PER_MS)
    : QUIET_MS;
}

export const jobKeys = {
  job: ({ prefix, session }: JobPlace): string => `${prefix}/${session}/job`,
  /** Says that the node has begun. */
  ack: (place: JobPlace, node: string): string => under(place, node, 'ack'),
  /** The n-th piece of output, from 0; the keys sort as the pieces came. */
  output: (place: JobPlace, node: string, n: number): string =>
    under(place, node, `out/${n.toString(16).padStart(5, '0')}`),
  /** Holds the exit code as decimal text. */
  exit: (place: JobPlace, node: string): string => under(place, node, 'exit'),
} as const;

function under({ prefix, session }: JobPlace, node: string, rest: string): string {
  return `${prefix}/${session}/${node}/${rest}`;
}

/** The object in a Base64 text of JSON. */
function parse(base64: string): Readonly<Record<string, Json>> | undefined {
  const bytes = fromBase64(base64);
  if (bytes === undefined) return undefined;
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, Json>>) : undefined;
  } catch {
    return undefined;
  }
}
