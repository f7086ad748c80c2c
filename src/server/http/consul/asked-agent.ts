/** Which agent a request means by "this one": the one that was asked, wherever it is answered. */
import type { AskedAgent } from '../../../ports/http.ts';
import type { ConsulDeps } from './deps.ts';

/** @param asked of the request; undefined: it was not handed over by another agent */
export function askedAgentOf(
  { agent }: Pick<ConsulDeps, 'agent'>,
  asked: AskedAgent | undefined,
): AskedAgent {
  return asked ?? { node: agent.nodeName, datacenter: agent.datacenter };
}
