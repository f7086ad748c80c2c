/**
 * A thin client of the Docker Engine API over its unix socket.
 *
 * Every answer is bounded, every call takes a signal; waiting calls have no time-out of their own.
 *
 * Source: https://docs.docker.com/engine/api/v1.41/
 */
import { createReadStream } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { Agent, request, type Dispatcher } from 'undici';
import { Failure, type Fault } from '../../../base/failure.ts';
import type { Json, JsonObject } from '../../../base/json.ts';

/** Old enough for the engines of long-term releases, new enough for `CgroupnsMode`. */
const API = '/v1.41';
/** The largest JSON answer read [bytes]: an inspect is about ten KiB. */
const ANSWER_SIZE_MAX = 16 * 1024 * 1024;
/** For calls that the engine answers at once [ms]. */
const CALL_TIMEOUT_MS = 60_000;

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path and query, after the version. */
  readonly path: string;
  readonly body?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** No time-out: the answer comes when something happens. */
  readonly waits?: boolean;
}

export class Engine {
  readonly socketPath: string;
  readonly #agent: Agent;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
    this.#agent = new Agent({
      connect: { socketPath, timeout: 5000 },
      headersTimeout: 0,
      bodyTimeout: 0,
      // Every follower of logs and every wait holds a connection.
      connections: null,
    });
  }

  /** Answers the decoded JSON; `null` for an empty body. Fails: by status, `unavailable`. */
  async call(call: Call): Promise<Json> {
    const response = await this.#send(call);
    const text = await bounded(response.body);
    return text === '' ? null : (JSON.parse(text) as Json);
  }

  /** Answers the body as it comes. */
  async stream(call: Call): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#send({ ...call, waits: true });
    return response.body;
  }

  /** Sends a file, or bytes, as the request's body and answers the stream of progress. */
  async upload(
    path: string,
    content: string | Uint8Array,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#send(
      {
        method: 'POST',
        path,
        headers: { 'content-type': 'application/x-tar' },
        signal,
        waits: true,
      },
      typeof content === 'string' ? createReadStream(content) : content,
    );
    return response.body;
  }

  /** Turns the connection of a `POST` into a two-way stream (`exec`, `attach`). */
  hijack(path: string, body: JsonObject): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const text = JSON.stringify(body);
      const outgoing = httpRequest({
        socketPath: this.socketPath,
        method: 'POST',
        path: API + path,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
          connection: 'Upgrade',
          upgrade: 'tcp',
        },
      });
      outgoing.once('upgrade', (_response, socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      outgoing.once('response', (response) => {
        response.resume();
        const status = response.statusCode ?? 500;
        reject(new Failure(faultOf(status), `the engine answered ${status} instead of a stream`));
      });
      outgoing.once('error', (cause) => {
        reject(new Failure('unavailable', 'cannot reach the docker engine', { cause }));
      });
      outgoing.end(text);
    });
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #send(
    call: Call,
    content?: NodeJS.ReadableStream | Uint8Array,
  ): Promise<Dispatcher.ResponseData> {
    const timeout = call.waits === true ? [] : [AbortSignal.timeout(CALL_TIMEOUT_MS)];
    const signals = call.signal === undefined ? timeout : [...timeout, call.signal];
    const payload = content ?? (call.body === undefined ? null : JSON.stringify(call.body));
    let response: Dispatcher.ResponseData;
    try {
      response = await request(`http://docker${API}${call.path}`, {
        method: call.method,
        dispatcher: this.#agent,
        headers: {
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...call.headers,
        },
        body: payload as string | null,
        ...(signals.length === 0 ? {} : { signal: AbortSignal.any(signals) }),
      });
    } catch (cause) {
      if (call.signal?.aborted === true)
        throw new Failure('canceled', 'stopped waiting', { cause });
      throw new Failure('unavailable', 'cannot reach the docker engine', { cause });
    }
    if (response.statusCode < 400) return response;
    throw await refusal(response);
  }
}

async function refusal(response: Dispatcher.ResponseData): Promise<Failure> {
  const text = await bounded(response.body);
  let message = text;
  try {
    message = (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    // An engine behind a proxy may answer plain text: shown as it is.
  }
  return new Failure(faultOf(response.statusCode), message.trim(), {
    facts: { status: response.statusCode },
  });
}

function faultOf(status: number): Fault {
  switch (status) {
    case 400:
      return 'invalid';
    case 401:
    case 403:
      return 'denied';
    case 404:
      return 'not_found';
    case 409:
      return 'conflict';
    default:
      return 'unavailable';
  }
}

async function bounded(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > ANSWER_SIZE_MAX) {
      throw new Failure('exhausted', `the engine's answer is larger than ${ANSWER_SIZE_MAX} bytes`);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
