/**
 * Requests for another region, on their way to a server there.
 *
 * RH1: a read whose session was lost under way is asked once more, of the next server; a change is
 *      not: it may have been made.
 */
import { Failure } from '../base/failure.ts';
import type { HttpMount, HttpReply, HttpRequest, SocketHandler } from '../ports/http.ts';
import type { Caller } from './caller.ts';
import { HttpForwarder, type ApiName } from './http-forward.ts';
import { isRead } from './read-once.ts';

export class RegionHttp {
  readonly #forwarder: HttpForwarder;

  constructor(caller: Caller, api: ApiName) {
    this.#forwarder = new HttpForwarder(caller, api);
  }

  async handle(mount: HttpMount, request: HttpRequest): Promise<HttpReply> {
    try {
      return await this.#forwarder.handle(mount, request);
    } catch (error) {
      const isLost = error instanceof Failure && error.fault === 'unavailable';
      if (!isRead(request) || !isLost || request.signal.aborted) throw error;
      return this.#forwarder.handle(mount, request);
    }
  }

  upgrade(mount: HttpMount, request: HttpRequest): Promise<HttpReply | SocketHandler> {
    return this.#forwarder.upgrade(mount, request);
  }
}
