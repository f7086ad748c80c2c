/** What templates of tasks ask: the agent's own API answers, on either port. */
import { Api } from '../api/api.ts';
import { CONSUL } from '../api/consul/common-query.ts';
import { NOMAD } from '../api/common-query.ts';
import { beginRollout, endRollout } from '../api/template-rollouts.ts';
import { systemClock } from '../io/clock.ts';
import { askDependency } from '../api/template-answers.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { connectLight } from '../io/http/light-client.ts';
import { templateHost } from '../io/template/host.ts';
import type { TemplateSource } from '../ports/template-source.ts';

const pause = (ms: number, signal: AbortSignal): Promise<void> => systemClock.sleep(ms, signal);

export function templateSource(config: AgentConfig): TemplateSource {
  const client = connectLight(ownAddress(config));
  const api = new Api({ dialect: CONSUL }, client);
  const calls = { api: api.with({ dialect: NOMAD }), sleep: pause };
  return {
    ask: ({ dependency, index, namespace }, signal) =>
      askDependency(api.with({ namespace }), dependency, index, signal),
    rollouts: {
      begin: (what, signal) => beginRollout(calls, what, signal),
      end: (what, signal) => endRollout(calls, what, signal),
    },
    host: templateHost({}),
  };
}

/** Where this agent's own API listens: both ports answer the paths of both. */
export function ownAddress({ addresses, ports }: AgentConfig): string {
  const [host, port] =
    ports.discovery < 0 ? [addresses.http, ports.http] : [addresses.discovery, ports.discovery];
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
