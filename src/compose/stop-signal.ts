/** When the agent is to end: told by a signal, or by its API. */
import { drainOnShutdown, type DrainOperations } from '../agent/drain-on-shutdown.ts';
import { explain } from '../base/failure.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { systemClock } from '../io/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { ClientParts } from './client.ts';

export interface Roles {
  readonly client: ClientParts | undefined;
  /** Asks the servers. */
  readonly drain: DrainOperations;
  readonly logger: Logger;
}

/**
 * Aborts `stop` on SIGTERM and SIGINT; before that, tasks are moved away where the operator wants
 * it. A second signal does not wait for them.
 */
export function stopOnSignals(
  stop: AbortController,
  config: AgentConfig,
  { client, drain: ops, logger }: Roles,
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
    drainOnShutdown(nodeId, drain, { ops, clock: systemClock }, stop.signal)
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
