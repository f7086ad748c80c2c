/**
 * The one point where a request is answered here or handed to whoever knows better. Whatever is
 * answered here answers as if there were no other agent.
 */
import type {
  HttpApp,
  HttpMount,
  HttpReply,
  HttpRequest,
  SocketHandler,
} from '../../ports/http.ts';
import { placementOf } from './placement.ts';

/** Answers by way of the leader. */
export interface Elsewhere {
  handle(mount: HttpMount, request: HttpRequest): Promise<HttpReply>;
  upgrade(mount: HttpMount, request: HttpRequest): Promise<HttpReply | SocketHandler>;
}

/**
 * What a server of several answers.
 *
 * @param staleMs how old its own answers may be by now [ms]
 */
export function placedApp(app: HttpApp, elsewhere: Elsewhere, staleMs: () => number): HttpApp {
  const isHere = (mount: HttpMount, request: HttpRequest): boolean => {
    const { method, query } = request;
    return placementOf({ method, pattern: mount.path, query }, 'server', staleMs()) === 'here';
  };
  return {
    ...app,
    rewrite: (path) => app.rewrite(path),
    missing: (request, allowed) => app.missing(request, allowed),
    failed: (error, request) => app.failed(error, request),
    mounts: app.mounts.map((mount) => {
      const { upgrade } = mount;
      return {
        ...mount,
        handle: (request) =>
          isHere(mount, request) ? mount.handle(request) : elsewhere.handle(mount, request),
        ...(upgrade && {
          upgrade: (request: HttpRequest) =>
            isHere(mount, request) ? upgrade(request) : elsewhere.upgrade(mount, request),
        }),
      };
    }),
  };
}
