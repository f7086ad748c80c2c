/** What all agents have while they run, whatever their roles. */
import { explain } from '../base/failure.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import type { LeveledLogger } from '../io/logger/logger.ts';

export interface Running {
  /** Reads the configuration again. Fails: as that does. */
  readonly load: () => Promise<AgentConfig>;
  readonly logger: LeveledLogger;
}

/** Reads the configuration again on SIGHUP. */
export function reloadOnHangup(reload: () => Promise<void>, { logger }: Running): void {
  process.on('SIGHUP', () => {
    reload().catch((error: unknown) => {
      logger.write('error', 'agent', `not reloaded: ${explain(error)}`);
    });
  });
}

/** What every agent takes over of a changed configuration. */
export function reloadLogging({ logger }: Running, { logLevel }: AgentConfig): void {
  logger.setLevel(logLevel);
  logger.write('warn', 'agent', `reloaded the configuration: the log level is ${logLevel}`);
}
