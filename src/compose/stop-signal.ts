/** When the agent is to end: told by a signal, or by its API. */
import { drainOnShutdown } from '../agent/drain-on-shutdown.ts';
import { explain } from '../base/failure.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { systemClock } from '../io/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { ClientParts } from './client.ts';
import type { ServerParts } from './server.ts';

export interface Roles {
  readonly server: ServerParts;
  readonly client: ClientParts | undefined;
  readonly logger: Logger;
}

/**
 * Aborts `stop` on SIGTERM and SIGINT; before that, tasks are moved away where the operator wants
 * it. A second signal does not wait for them.
 */
export function stopOnSignals(
  stop: AbortController,
  config: AgentConfig,
  { server, client, logger }: Roles,
): void {
  const drain = config.client?.drainOnShutdown;
  let asked = 0;
  const onSignal = (name: string): void => {
    logger.write('info', 'agent', `received ${name}: stopping`);
    const nodeId = client?.client.nodeId;
    if (drain === undefined || nodeId === undefined || asked++ > 0) {
      stop.abort();
      return;
    }
    drainOnShutdown(
      nodeId,
      drain,
      { ops: server.server.operations, clock: systemClock },
      stop.signal,
    )
      .catch((error: unknown) => {
        logger.write('warn', 'agent', `cannot drain: ${explain(error)}`);
      })
      .finally(() => {
        stop.abort();
      });
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
