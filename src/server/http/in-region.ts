/**
 * Requests that ask for another region, and came to be answered here all the same: there is no way
 * to that region. They are refused, whatever they ask for: an answer of ours would be taken for
 * theirs.
 *
 * Source: Nomad's answer to `?region=` of a region that it does not know.
 */
import { parseQuery } from '../../api/query.ts';
import { Failure } from '../../base/failure.ts';
import type { HttpMount, HttpRequest } from '../../ports/http.ts';

/** The same endpoint for requests of one region only. Fails: `unavailable`. */
export function inRegion(mount: HttpMount, own: string): HttpMount {
  const { upgrade } = mount;
  return {
    ...mount,
    handle: (request) => {
      refuseOthers(request, own);
      return mount.handle(request);
    },
    ...(upgrade && {
      upgrade: (request: HttpRequest) => {
        refuseOthers(request, own);
        return upgrade(request);
      },
    }),
  };
}

function refuseOthers({ query }: HttpRequest, own: string): void {
  if (!query.includes('region=')) return;
  const asked = parseQuery(query).get('region') ?? '';
  if (asked === '' || asked === own) return;
  throw new Failure('unavailable', 'No path to region', { facts: { status: 500, region: asked } });
}
