/** Logs of requests that programs made of Consul: reading them, and making them again. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LOGS = join(import.meta.dirname, '..', '..', '..', 'shared', 'reference');

/** One line, or several of the same. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string | undefined;
  /** As often as it was made. */
  readonly count: number;
  /** Of the answer it was given then; absent where the log does not say. */
  readonly status: number | undefined;
}

const LINE = /^ *(?:(\d+) )?(GET|PUT|POST|DELETE) (\S+) ua=\S+(?: body=(.*?))?\s*(?:-> (\d+))?$/s;

/** Undefined: there is no such log here. */
export function readLog(name: string): readonly LoggedRequest[] | undefined {
  const file = join(LOGS, `consul-api-requests-by-${name}.txt`);
  if (!existsSync(file)) return undefined;
  // A body may end with a line of its own.
  const text = readFileSync(file, 'utf8').replaceAll('\n -> ', ' -> ');
  return text.split('\n').flatMap((line) => {
    const found = LINE.exec(line);
    if (found === null) return [];
    const [, count, method = '', address = '', body, status] = found;
    const { pathname, searchParams } = new URL(address, 'http://log');
    const request = { method, path: decodeURIComponent(pathname), query: searchParams, body };
    return [
      {
        ...request,
        count: Number(count ?? 1),
        status: status === undefined ? status : Number(status),
      },
    ];
  });
}

/** What came back. */
export interface Answer {
  readonly status: number;
  /** `X-Consul-Index`; 0: none. */
  readonly index: number;
  readonly body: unknown;
}

export class Replayer {
  readonly #base: string;
  /** Sessions of the log by those that stand for them. */
  readonly #sessions = new Map<string, string>();
  #newest = '';

  constructor(port: number) {
    this.#base = `http://127.0.0.1:${port}`;
  }

  /** Makes a request again, with the sessions of now; `index` instead of the logged one. */
  async send(request: LoggedRequest, index?: number, signal?: AbortSignal): Promise<Answer> {
    const { method, path, body } = request;
    const query = new URLSearchParams(this.#now(request.query.toString()));
    if (index === undefined) query.delete('index');
    else query.set('index', String(index));
    const response = await fetch(`${this.#base}${this.#now(path)}?${query.toString()}`, {
      method,
      ...(body === undefined ? {} : { body: completed(this.#now(body)) }),
      signal: signal ?? AbortSignal.timeout(120_000),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    const answer = {
      status: response.status,
      index: Number(response.headers.get('x-consul-index') ?? 0),
      body: isJson ? (JSON.parse(text) as unknown) : text,
    };
    if (path === '/v1/session/create') this.#newest = (answer.body as { ID: string }).ID;
    return answer;
  }

  /** Whoever comes first after a session was made is taken for that session. */
  #now(text: string): string {
    return text.replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
      if (!this.#sessions.has(id)) this.#sessions.set(id, this.#newest);
      return this.#sessions.get(id) ?? id;
    });
  }
}

/** Long bodies were cut by whoever wrote the log. */
function completed(body: string): string {
  try {
    JSON.parse(body);
    return body;
  } catch {
    const cut = /^\[\{"KV":\{"Verb":"(\w+)","Key":"([^"]+)","Value":"([A-Za-z0-9+/]+)$/.exec(body);
    const [, Verb, Key, value = ''] = cut ?? [];
    if (cut === null) return body;
    const Value = value.slice(0, value.length - (value.length % 4));
    return JSON.stringify([{ KV: { Verb, Key, Value } }]);
  }
}

/**
 * Asks the same again and again as its author did: with the index of the last answer. Counts what
 * is answered.
 */
export class Watcher {
  readonly request: LoggedRequest;
  /** In order; the first is the one that did not wait. */
  readonly answers: Answer[] = [];
  readonly #replayer: Replayer;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;

  constructor(request: LoggedRequest, replayer: Replayer) {
    this.request = request;
    this.#replayer = replayer;
    this.#loop = this.#run();
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    let index: number | undefined;
    for (;;) {
      try {
        const answer = await this.#replayer.send(this.request, index, this.#stop.signal);
        this.answers.push(answer);
        assert.ok(answer.index >= (index ?? 1), `the index of ${this.request.path} fell`);
        index = answer.index;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        throw error;
      }
    }
  }
}
