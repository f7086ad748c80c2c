/** The agent's own log: lines with a level and the name of who speaks. */

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** Levels from the quietest listener's view: a listener at `warn` hears `warn` and `error`. */
export const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

export interface LogLine {
  readonly level: LogLevel;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `agent`, `client`, `server`, `http`. */
  readonly name: string;
  readonly message: string;
}

export interface Logger {
  write(level: LogLevel, name: string, message: string): void;
  /**
   * Lines at `level` and above from now on, until `signal` aborts; a slow reader loses the oldest.
   */
  follow(level: LogLevel, signal: AbortSignal): AsyncIterable<LogLine>;
}
