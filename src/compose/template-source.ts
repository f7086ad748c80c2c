/** What templates of tasks ask: the agent's own API answers, on either port. */
import { Api } from '../api/api.ts';
import { CONSUL } from '../api/consul/common-query.ts';
import { askDependency } from '../api/template-answers.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { connectLight } from '../io/http/light-client.ts';
import { templateHost } from '../io/template/host.ts';
import type { TemplateSource } from '../ports/template-source.ts';

export function templateSource({ addresses, ports }: AgentConfig): TemplateSource {
  const [host, port] =
    ports.discovery < 0 ? [addresses.http, ports.http] : [addresses.discovery, ports.discovery];
  const client = connectLight(`http://${host.includes(':') ? `[${host}]` : host}:${port}`);
  const api = new Api({ dialect: CONSUL }, client);
  return {
    ask: ({ dependency, index, namespace }, signal) =>
      askDependency(api.with({ namespace }), dependency, index, signal),
    host: templateHost({}),
  };
}
