/** Bodies that have a bound of their own, below the listener's. */
import type { BodyBound, HttpMount, HttpRequest } from '../../../ports/http.ts';

/** The same mount, taking bodies within the bound. */
export function withBodyBound(mount: HttpMount, bound: BodyBound): HttpMount {
  return { ...mount, handle: (request) => mount.handle(boundRequest(request, bound)) };
}

/** The same request; nothing is read of it before somebody asks. */
function boundRequest(request: HttpRequest, bound: BodyBound): HttpRequest {
  const { method, path, query, params, asked } = request;
  return {
    method,
    path,
    query,
    params,
    asked,
    get headers() {
      return request.headers;
    },
    get remoteAddress() {
      return request.remoteAddress;
    },
    get signal() {
      return request.signal;
    },
    body: () => request.body(bound),
  };
}
