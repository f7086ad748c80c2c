/**
 * Questions about "the node of the agent that is asked", where that agent hands them on: whoever
 * answers is to be told which node is meant.
 */
import { parseQuery } from '../../api/query.ts';
import type { HttpRequest } from '../../ports/http.ts';

const OF_A_NODE = /^\/v1\/client\/(?:stats|gc|metadata)$/;

/** The request with the node named; as it was where it names one, or is about something else. */
export function aboutOwnNode(
  request: HttpRequest,
  pattern: string,
  nodeId: string | undefined,
): HttpRequest {
  if (nodeId === undefined || nodeId === '' || !OF_A_NODE.test(pattern)) return request;
  const { query } = request;
  if ((parseQuery(query).get('node_id') ?? '') !== '') return request;
  const named = `node_id=${encodeURIComponent(nodeId)}`;
  const { method, path, params, headers, remoteAddress, asked } = request;
  return {
    ...{ method, path, params, headers, remoteAddress, asked },
    query: query === '' ? named : `${query}&${named}`,
    body: (bound) => request.body(bound),
    // Read by those who wait: a request that is watched costs more.
    get signal() {
      return request.signal;
    },
  };
}
