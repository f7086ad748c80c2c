/**
 * Two APIs on one port. The same paths exist on both ports; where both APIs have a path, the port's
 * own answers it.
 */
import { soonOr } from '../../base/soon.ts';
import type { HttpApp, HttpMount } from '../../ports/http.ts';

/** An app that answers what `own` has, and what only `guest` has in the guest's manner. */
export function joinedApps(own: HttpApp, guest: HttpApp): HttpApp {
  const taken = new Set(own.mounts.map(patternOf));
  const added = guest.mounts
    .filter((mount) => !taken.has(patternOf(mount)))
    .map((mount) => asGuest(mount, guest));
  return {
    mounts: [...own.mounts, ...added],
    rewrite: (path) => own.rewrite(guest.rewrite(path)),
    missing: (request, allowed) => own.missing(request, allowed),
    failed: (error, request) => own.failed(error, request),
  };
}

/** A path whatever its names are called; two methods of one path belong to one API. */
function patternOf({ path }: HttpMount): string {
  return path.replace(/([:*])\w+/g, '$1');
}

function asGuest(mount: HttpMount, guest: HttpApp): HttpMount {
  const { upgrade } = mount;
  return {
    ...mount,
    handle: (request) =>
      soonOr(
        () => mount.handle(request),
        (error) => guest.failed(error, request),
      ),
    ...(upgrade && {
      upgrade: (request) =>
        upgrade(request).catch((error: unknown) => guest.failed(error, request)),
    }),
  };
}
