/** The program that a changed template runs, whichever way it was written. */
import { parseDuration } from '../../base/duration.ts';
import type { Json, JsonObject } from '../../base/json.ts';

/** A `change_script` with its defaults. */
export interface ChangeScript {
  /** Empty: none was given. */
  readonly command: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  readonly failOnError: boolean;
}

const TIMEOUT_MS = 5_000;
const NANOS_PER_MS = 1_000_000;

/** Reads it as a job file spells it (`fail_on_error`, `"20s"`), or the API (nanoseconds). */
export function readChangeScript(script: JsonObject): ChangeScript {
  const command = script['command'] ?? script['Command'];
  const args = script['args'] ?? script['Args'];
  return {
    command: typeof command === 'string' ? command : '',
    args: Array.isArray(args) ? args.filter((each) => typeof each === 'string') : [],
    timeoutMs: timeoutOf(script['timeout'] ?? script['Timeout']),
    failOnError: (script['fail_on_error'] ?? script['FailOnError']) === true,
  };
}

/** As the API spells it; its clients read a duration as a number and nothing else. */
export function writeChangeScript(script: JsonObject): JsonObject {
  const { command, args, timeoutMs, failOnError } = readChangeScript(script);
  return {
    Command: command,
    Args: args,
    Timeout: Math.round(timeoutMs * NANOS_PER_MS),
    FailOnError: failOnError,
  };
}

function timeoutOf(written: Json | undefined): number {
  if (typeof written === 'number') return written / NANOS_PER_MS;
  return (typeof written === 'string' ? parseDuration(written) : undefined) ?? TIMEOUT_MS;
}
