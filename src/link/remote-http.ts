/**
 * Requests that an agent without a server was asked, on their way to one of the servers.
 *
 * SH1: what a server takes up nothing of, since it stops or begins, is asked of the next one; so is
 *      a read whose session was lost under way. Another change is not: it may have been made.
 */
import { isForAnother, isLost } from '../core/link/not-taken.ts';
import type { HttpMount, HttpReply, HttpRequest, SocketHandler } from '../ports/http.ts';
import type { Caller } from './caller.ts';
import { HttpForwarder, type ApiName } from './http-forward.ts';
import { isRead, readOnce } from './read-once.ts';

/** So many servers are asked: one that stops is followed by the others, one after the other. */
const ASKED_MAX = 4;

export class RemoteHttp {
  readonly #forwarder: HttpForwarder;

  constructor(caller: Caller, api: ApiName) {
    this.#forwarder = new HttpForwarder(caller, api);
  }

  handle(mount: HttpMount, request: HttpRequest): Promise<HttpReply> {
    const whole = readOnce(request);
    return repeated(request, () => this.#forwarder.handle(mount, whole));
  }

  upgrade(mount: HttpMount, request: HttpRequest): Promise<HttpReply | SocketHandler> {
    return repeated({ method: 'CONNECT', signal: request.signal }, () =>
      this.#forwarder.upgrade(mount, request),
    );
  }
}

async function repeated<T>(
  request: Pick<HttpRequest, 'method' | 'signal'>,
  ask: () => Promise<T>,
): Promise<T> {
  for (let asked = 1; ; asked++) {
    try {
      return await ask();
    } catch (error) {
      const mayAgain = isForAnother(error) || (isRead(request) && isLost(error));
      if (!mayAgain || asked === ASKED_MAX || request.signal.aborted) throw error;
    }
  }
}
