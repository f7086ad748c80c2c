/**
 * One connection to one etcd member: calls with deadlines, streams, errors as Failures.
 *
 * C1: no call waits without an end: each has a deadline, and what it was cut off by is told.
 */
import { isIP } from 'node:net';
import { Client, credentials, Metadata, status as codes } from '@grpc/grpc-js';
import type { ChannelCredentials, ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { Failure } from '../../base/failure.ts';
import type { Fault } from '../../base/failure.ts';
import { AddressCredentials } from './address-credentials.ts';

/** How endpoints are spoken to; PEM bytes. Without `ca` the system's authorities are trusted. */
export interface EtcdTls {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export type WatchStream = ClientDuplexStream<Buffer, Buffer>;

export interface CallOptions {
  readonly deadlineMs: number;
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** etcd closes connections that ping more often than every 5 s, unless it is told otherwise. */
const KEEPALIVE_MS = 10_000;
const KEEPALIVE_TIMEOUT_MS = 3_000;
/** A member that comes back is used again soon; the library's own bound is two minutes. */
const RECONNECT_MS_MIN = 50;
const RECONNECT_MS_MAX = 1_000;

const CHANNEL_OPTIONS = {
  // Answers hold several batches of up to 1 MiB each; etcd bounds what is asked for, not we.
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.initial_reconnect_backoff_ms': RECONNECT_MS_MIN,
  'grpc.min_reconnect_backoff_ms': RECONNECT_MS_MIN,
  'grpc.max_reconnect_backoff_ms': RECONNECT_MS_MAX,
  'grpc.keepalive_time_ms': KEEPALIVE_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  // Closing a client must close its connection.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_retries': 0,
};

export class Connection {
  readonly endpoint: string;
  readonly #client: Client;

  /** @param endpoint `host:port`; a scheme is ignored, because the TLS options decide */
  constructor(endpoint: string, tls: EtcdTls | undefined) {
    this.endpoint = endpoint;
    const target = bareEndpoint(endpoint);
    this.#client = new Client(target, credentialsOf(target, tls), CHANNEL_OPTIONS);
  }

  /** One question, one answer. Fails: as `failureOf` maps what etcd says. */
  call(method: string, request: Buffer, options: CallOptions): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        method,
        same,
        same,
        request,
        metadataOf(options.token),
        { deadline: Date.now() + options.deadlineMs },
        (error, answer) => {
          options.signal?.removeEventListener('abort', cancel);
          if (error === null && answer !== undefined) resolve(answer);
          else reject(failureOf(error, method, this.endpoint));
        },
      );
      const cancel = (): void => call.cancel();
      options.signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  /** A stream in both directions that lives until either side ends it. */
  stream(method: string, token: string | undefined): WatchStream {
    const metadata = metadataOf(token);
    // A member that lost the others says so, instead of staying silent.
    metadata.set('hasleader', 'true');
    return this.#client.makeBidiStreamRequest(method, same, same, metadata);
  }

  close(): void {
    this.#client.close();
  }
}

/** `host:port` of a URL; the TLS options decide how it is spoken to. */
export function bareEndpoint(url: string): string {
  return url.replace(/^https?:\/\//, '').replace(/\/$/, '');
}

const same = (bytes: Buffer): Buffer => bytes;

function metadataOf(token: string | undefined): Metadata {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('token', token);
  return metadata;
}

/** @param target `host:port` */
function credentialsOf(target: string, tls: EtcdTls | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  const host = target.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) return new AddressCredentials(host, tls);
  return credentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.cert ?? null);
}

/** What the codes of gRPC mean here; those that are not listed are `internal`. */
const FAULT_OF: Partial<Record<codes, Fault>> = {
  [codes.CANCELLED]: 'canceled',
  [codes.INVALID_ARGUMENT]: 'invalid',
  [codes.DEADLINE_EXCEEDED]: 'timeout',
  [codes.NOT_FOUND]: 'not_found',
  [codes.OUT_OF_RANGE]: 'not_found',
  [codes.ALREADY_EXISTS]: 'conflict',
  [codes.FAILED_PRECONDITION]: 'conflict',
  [codes.ABORTED]: 'conflict',
  [codes.PERMISSION_DENIED]: 'denied',
  [codes.UNAUTHENTICATED]: 'unauthenticated',
  [codes.RESOURCE_EXHAUSTED]: 'exhausted',
  [codes.UNIMPLEMENTED]: 'unsupported',
  [codes.UNAVAILABLE]: 'unavailable',
  // What etcd has no code for passes, a proposal that it dropped among them.
  [codes.UNKNOWN]: 'unavailable',
  // What the library calls a stream that was cut off, as one over TLS is by an etcd that stops.
  [codes.INTERNAL]: 'unavailable',
};

/** An error of the library as ours. */
export function failureOf(error: unknown, method: string, endpoint: string): Failure {
  if (error instanceof Failure) return error;
  const code = (error as Partial<ServiceError> | null)?.code;
  const fault = (code === undefined ? undefined : FAULT_OF[code]) ?? 'internal';
  const doing = method.slice(method.lastIndexOf('/') + 1);
  const message = `etcd at ${endpoint} did not answer ${doing}`;
  return new Failure(fault, message, { cause: error ?? undefined, facts: { endpoint } });
}
