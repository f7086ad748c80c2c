/** Requests that may be handed on several times. */
import type { HttpRequest } from '../ports/http.ts';

/** A body can be read from its connection once; a request may be tried several times. */
export function readOnce(request: HttpRequest): HttpRequest {
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

/** It may be carried out twice. */
export function isRead({ method }: Pick<HttpRequest, 'method'>): boolean {
  return method === 'GET' || method === 'HEAD';
}
