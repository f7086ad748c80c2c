/** The mounts of an agent without a server role: its own, and every other endpoint handed over. */
import type { AnyRoute } from '../../api/route.ts';
import type { HttpMount } from '../../ports/http.ts';
import type { Elsewhere } from './placed-app.ts';
import { aboutOwnNode } from './own-node.ts';
import { placementOf } from './placement.ts';

/**
 * @param own come first: a route that has a mount among them is answered by it
 * @param ownNode of this agent's client, which questions about no other node are about
 */
export function withForwarded(
  own: readonly HttpMount[],
  routes: readonly AnyRoute[],
  elsewhere: Elsewhere,
  ownNode: () => string | undefined = () => undefined,
): readonly HttpMount[] {
  const about: Elsewhere = {
    handle: (mount, request) =>
      elsewhere.handle(mount, aboutOwnNode(request, mount.path, ownNode())),
    upgrade: (mount, request) => elsewhere.upgrade(mount, request),
  };
  const taken = new Set(own.map(({ method, path }) => `${method} ${path}`));
  const others = routes.flatMap((route) =>
    [route.method, ...route.also]
      .filter((method) => !taken.has(`${method} ${route.path}`))
      .filter((method) => isForwarded(method, route.path))
      .map((method) => forwardedMount(method, route, about)),
  );
  return [...own, ...others];
}

function isForwarded(method: string, pattern: string): boolean {
  return placementOf({ method, pattern, query: '' }, 'client') === 'leader';
}

function forwardedMount(
  method: string,
  { path, answers }: AnyRoute,
  elsewhere: Elsewhere,
): HttpMount {
  const mount: HttpMount = {
    method,
    path,
    handle: (request) => elsewhere.handle(mount, request),
    ...(answers === 'socket' && { upgrade: (request) => elsewhere.upgrade(mount, request) }),
  };
  return mount;
}
