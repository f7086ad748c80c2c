/**
 * Requests that the leader answers, at a server that may lead or follow.
 *
 * LH1: what is not to be old is answered by a leader that is certain to lead: by a commit or a
 *      proof a moment ago, or, for `consistent`, by one made after the question came.
 */
import { Failure } from '../base/failure.ts';
import { READ_PROOF_MS } from '../core/limits.ts';
import type { HttpMount, HttpReply, HttpRequest, SocketHandler } from '../ports/http.ts';
import type { Caller } from './caller.ts';
import { HttpForwarder, type ApiName } from './http-forward.ts';
import { throughLeader, type LeaderDeps } from './leader.ts';

export interface LeaderHttpDeps extends Pick<LeaderDeps, 'isLeading' | 'clock'> {
  /** Asks the leader. */
  readonly caller: Caller;
  /** Until when it was certain that this server leads [ms of `Clock.elapsedMs`]. */
  readonly provenMs: () => number;
  /** Proves that this server leads now. Fails: `unavailable`. */
  readonly prove: () => Promise<void>;
}

export class LeaderHttp {
  readonly #deps: LeaderHttpDeps;
  readonly #forwarder: HttpForwarder;

  constructor(deps: LeaderHttpDeps, api: ApiName) {
    this.#deps = deps;
    this.#forwarder = new HttpForwarder(deps.caller, api);
  }

  handle(mount: HttpMount, request: HttpRequest): Promise<HttpReply> {
    const whole = readOnce(request);
    const repeatable = isRead(request);
    return throughLeader<HttpReply>(
      {
        here: async () => {
          if (repeatable) await this.#assure(request);
          return mount.handle(whole);
        },
        there: () => this.#forwarder.handle(mount, whole),
        repeatable,
      },
      this.#deps,
      request.signal,
    );
  }

  upgrade(mount: HttpMount, request: HttpRequest): Promise<HttpReply | SocketHandler> {
    const { upgrade } = mount;
    return throughLeader<HttpReply | SocketHandler>(
      {
        here: () => upgrade?.(request) ?? mount.handle(request),
        there: () => this.#forwarder.upgrade(mount, request),
        repeatable: false,
      },
      this.#deps,
      request.signal,
    );
  }

  /** LH1. */
  async #assure({ query }: HttpRequest): Promise<void> {
    const { clock, provenMs, prove } = this.#deps;
    const isStrict = /(?:^|&)consistent(?:=(?!false)|&|$)/.test(query);
    if (!isStrict && clock.elapsedMs() - provenMs() < READ_PROOF_MS) return;
    try {
      await prove();
    } catch (cause) {
      throw new Failure('unavailable', 'cannot tell whether this server still leads', { cause });
    }
  }
}

function isRead({ method }: HttpRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** A body can be read from its connection once; a request may be tried several times. */
function readOnce(request: HttpRequest): HttpRequest {
  let body: Promise<Uint8Array> | undefined;
  const { method, path, query, params, headers, remoteAddress, asked } = request;
  return {
    ...{ method, path, query, params, headers, remoteAddress, asked },
    get signal() {
      return request.signal;
    },
    body: () => (body ??= request.body()),
  };
}
