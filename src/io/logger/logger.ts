/**
 * The log on standard error (or a file), and for those who follow it.
 *
 * Written by pino, so that JSON lines are what log shippers know; text lines are made of the same
 * records for people.
 */
import { pino } from 'pino';
import { LOG_LEVELS, type Logger, type LogLevel, type LogLine } from '../../ports/logger.ts';
import { Followers } from './followers.ts';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly json: boolean;
}

export interface LeveledLogger extends Logger {
  /** From now on, quieter lines are not written. */
  setLevel(level: LogLevel): void;
}

/** @param write takes whole lines, newline included */
export function createLogger(options: LoggerOptions, write: (line: string) => void): LeveledLogger {
  let written = options.level;
  const followers = new Followers();
  const engine = pino(
    { level: options.level, base: null, messageKey: 'message', timestamp: false },
    { write },
  );
  return {
    write: (level, name, message) => {
      const line: LogLine = { level, at: Date.now(), name, message };
      followers.push(line);
      if (options.json) engine[level]({ time: new Date(line.at).toISOString(), name }, message);
      else if (isAtLeast(level, written)) write(`${formatLine(line)}\n`);
    },
    setLevel: (level) => {
      written = level;
      engine.level = level;
    },
    follow: (level, signal) => followers.follow((line) => isAtLeast(line.level, level), signal),
  };
}

/** `2026-11-21T06:34:49.123Z [INFO]  client: message`. */
export function formatLine({ level, at, name, message }: LogLine): string {
  const label = `[${level.toUpperCase()}]`.padEnd(7);
  return `${new Date(at).toISOString()} ${label} ${name}: ${message}`;
}

function isAtLeast(level: LogLevel, wanted: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(wanted);
}
