/**
 * Requests that ask for another region. Which regions there are is the agent's to know; of any
 * other a request is refused, whatever it asks for: an answer of ours would be taken for theirs.
 *
 * Source: Nomad's answer to `?region=` of a region that it does not know.
 */
import { parseQuery } from '../../api/query.ts';
import { Failure } from '../../base/failure.ts';
import type { HttpMount, HttpRequest } from '../../ports/http.ts';

/** The same endpoint for requests of known regions only. Fails: `unavailable`. */
export function inRegion(mount: HttpMount, regions: () => readonly string[]): HttpMount {
  const { upgrade } = mount;
  return {
    ...mount,
    handle: (request) => {
      refuseOthers(request, regions);
      return mount.handle(request);
    },
    ...(upgrade && {
      upgrade: (request: HttpRequest) => {
        refuseOthers(request, regions);
        return upgrade(request);
      },
    }),
  };
}

function refuseOthers({ query }: HttpRequest, regions: () => readonly string[]): void {
  if (!query.includes('region=')) return;
  const asked = parseQuery(query).get('region') ?? '';
  if (asked === '' || regions().includes(asked)) return;
  throw new Failure('unavailable', 'No path to region', { facts: { status: 500, region: asked } });
}
