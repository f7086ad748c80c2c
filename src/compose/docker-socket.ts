/** Where this machine's container engine is asked: the same for tasks and for checks. */
import type { AgentConfig } from '../core/agent-config/config.ts';
import { Reader } from '../core/agent-config/reader.ts';

const DOCKER_SOCKET = '/var/run/docker.sock';

/** As the driver's settings say, or the environment. */
export function dockerSocket({ plugins }: Pick<AgentConfig, 'plugins'>): string {
  const endpoint = new Reader(plugins['docker'] ?? {}, 'plugin.docker').text('endpoint');
  const chosen = endpoint ?? process.env['DOCKER_HOST'] ?? '';
  return chosen === '' ? DOCKER_SOCKET : chosen.replace(/^unix:\/\//, '');
}
