/**
 * The one point where a request that names another region is handed to it (PL3 of `placement.ts`).
 * Whatever is answered here answers as if there were no other region.
 */
import type { HttpApp, HttpMount, HttpReply, HttpRequest } from '../../ports/http.ts';
import { isPlacedByJob, regionOfJob, whereaboutsOf, type Whereabouts } from './placement.ts';
import type { Elsewhere } from './placed-app.ts';

/** The other regions, as far as requests have to do with them. */
export interface Elsewheres {
  /** False: there is none, and nothing needs to be looked at. */
  readonly isAny: () => boolean;
  /** Where it is answered; undefined: here, be it with a refusal. */
  readonly find: (asked: Whereabouts) => Elsewhere | undefined;
}

export function regionedApp(app: HttpApp, { isAny, find }: Elsewheres): HttpApp {
  const elsewhereOf = (mount: HttpMount, { query }: HttpRequest): Elsewhere | undefined => {
    if (!isAny()) return undefined;
    const asked = whereaboutsOf({ pattern: mount.path, query });
    const isElsewhere = asked.region !== undefined || asked.datacenter !== undefined;
    return isElsewhere ? find(asked) : undefined;
  };
  const byJob = async (mount: HttpMount, request: HttpRequest): Promise<HttpReply> => {
    const body = await request.body();
    const region = regionOfJob(body);
    const elsewhere = region === undefined ? undefined : find({ region });
    const again = { ...copyOf(request), body: () => Promise.resolve(body) };
    if (region === undefined || elsewhere === undefined) return mount.handle(again);
    const query = [request.query, `region=${encodeURIComponent(region)}`].filter(Boolean).join('&');
    return elsewhere.handle(mount, { ...again, query });
  };
  return {
    ...app,
    mounts: app.mounts.map((mount) => {
      const { upgrade } = mount;
      return {
        ...mount,
        handle: (request) => {
          const elsewhere = elsewhereOf(mount, request);
          if (elsewhere !== undefined) return elsewhere.handle(mount, request);
          const { method, query } = request;
          const isByJob = isPlacedByJob({ method, pattern: mount.path, query });
          return isByJob && isAny() ? byJob(mount, request) : mount.handle(request);
        },
        ...(upgrade && {
          upgrade: (request: HttpRequest) => {
            const elsewhere = elsewhereOf(mount, request);
            return elsewhere === undefined ? upgrade(request) : elsewhere.upgrade(mount, request);
          },
        }),
      };
    }),
  };
}

/** A request may be an instance of a class: its fields are not its own. */
function copyOf(request: HttpRequest): Omit<HttpRequest, 'body'> {
  const { method, path, query, params, headers, remoteAddress, asked, signal } = request;
  return { method, path, query, params, headers, remoteAddress, asked, signal };
}
