/**
 * Task events: what people read in `alloc status`, with Nomad's types and words.
 *
 * E1: at most `TASK_EVENTS_MAX` are kept of one task, the oldest fall out.
 *
 * Source: https://developer.hashicorp.com/nomad/api-docs/allocations (TaskStates) and the messages
 * that Nomad's command line prints.
 */
import type { Millis } from '../../base/brand.ts';
import { TASK_EVENTS_MAX } from '../limits.ts';
import type { TaskEvent } from '../model/alloc.ts';
import { formatDuration } from '../../base/duration.ts';
import type { Exit } from './handle.ts';
import { WITHIN_POLICY } from './restart.ts';

/** An event that has no instant yet: the machine stamps it. */
export type EventDraft = Omit<TaskEvent, 'at'>;

/** Adds one event, stamped; the oldest makes room (E1). */
export function record(
  events: readonly TaskEvent[],
  draft: EventDraft,
  at: Millis,
): readonly TaskEvent[] {
  return [...events, { ...draft, at }].slice(-TASK_EVENTS_MAX);
}

export const received = (): EventDraft => plain('Received', 'Task received by client');
export const taskSetup = (): EventDraft => plain('Task Setup', 'Building Task Directory');
export const downloading = (): EventDraft =>
  plain('Downloading Artifacts', 'Client is downloading artifacts');
/** How far a long download is: `Downloading "http://...": 12 MB of 480 MB`. */
export function downloadProgress(
  name: string,
  { receivedBytes, totalBytes }: { readonly receivedBytes: number; readonly totalBytes?: number },
): EventDraft {
  const whole = totalBytes === undefined ? '' : ` of ${megabytes(totalBytes)}`;
  const text = `Downloading "${name}": ${megabytes(receivedBytes)}${whole}`;
  return plain('Downloading Artifacts', text);
}

/** For people. */
export function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 1_000_000)} MB`;
}

export const started = (): EventDraft => plain('Started', 'Task started by client');
export const killed = (): EventDraft => plain('Killed', 'Task successfully killed');
export const leaderDead = (): EventDraft => plain('Leader Task Dead', 'Leader Task in Group dead');
export const mainDead = (): EventDraft => plain('Main Tasks Dead', 'Main tasks in the group died');
export const driverMessage = (text: string): EventDraft => plain('Driver', text);
export const unhealthy = (why: string): EventDraft => plain('Alloc Unhealthy', why);

/** The driver could not start it. */
export function driverFailure(why: string): EventDraft {
  const shown = why === '' ? 'Failed to start task' : why;
  return { ...plain('Driver Failure', shown), details: { driver_error: why } };
}

/** A hook before the start failed: directory, artifact, template, volume, network. */
export function setupFailure(why: string): EventDraft {
  return { ...plain('Setup Failure', why), failsTask: true, details: { setup_error: why } };
}

export function terminated(exit: Exit): EventDraft {
  const text = exit.oomKilled ? 'OOM Killed' : (exit.unknown ?? '');
  const parts = [
    `Exit Code: ${exit.exitCode}`,
    ...(exit.signal === 0 ? [] : [`Signal: ${exit.signal}`]),
    ...(text === '' ? [] : [`Exit Message: ${JSON.stringify(text)}`]),
  ];
  return {
    ...plain('Terminated', parts.join(', ')),
    message: text,
    exitCode: exit.exitCode,
    signal: exit.signal,
    details: {
      exit_code: String(exit.exitCode),
      signal: String(exit.signal),
      exit_message: text,
      oom_killed: String(exit.oomKilled),
    },
  };
}

export function restarting(delayMs: number, reason: string): EventDraft {
  const wait = `Task restarting in ${formatDuration(delayMs)}`;
  const shown = reason === '' || reason === WITHIN_POLICY ? wait : `${reason} - ${wait}`;
  return {
    ...plain('Restarting', shown),
    details: { restart_reason: reason, start_delay: String(delayMs * NANOS_PER_MS) },
  };
}

export function notRestarting(reason: string): EventDraft {
  return {
    ...plain('Not Restarting', reason),
    failsTask: true,
    details: { restart_reason: reason, fails_task: 'true' },
  };
}

/** @param timeoutMs the grace between signal and kill [ms] */
export function killing(timeoutMs: number): EventDraft {
  const shown =
    timeoutMs === 0
      ? 'Sent interrupt'
      : `Sent interrupt. Waiting ${formatDuration(timeoutMs)} before force killing`;
  return { ...plain('Killing', shown), details: { kill_timeout: formatDuration(timeoutMs) } };
}

export function shutdownDelay(delayMs: number): EventDraft {
  return plain(
    'Waiting for shutdown delay',
    `Waiting for shutdown_delay of ${formatDuration(delayMs)} before killing the task.`,
  );
}

/** @param maxMs for how long it might run [ms] */
export function overran(maxMs: number): EventDraft {
  return plain('Killing', `Ran for its max_run_duration of ${formatDuration(maxMs)}`);
}

export function siblingFailed(sibling: string): EventDraft {
  return {
    ...plain('Sibling Task Failed', `Task's sibling "${sibling}" failed`),
    details: { failed_sibling: sibling },
  };
}

export function signaling(signal: string, reason: string): EventDraft {
  const shown = `Task being sent signal ${signal}${reason === '' ? '' : `: ${reason}`}`;
  return {
    ...plain('Signaling', shown),
    details: { task_signal: signal, task_signal_reason: reason },
  };
}

/** @param evicted what still holds the room that was made for it */
export function waitsForPreempted(evicted: readonly string[]): EventDraft {
  const what = evicted.map((id) => `"${id}"`).join(', ');
  return plain('Waiting for preempted allocations', `Waiting for ${what} to end`);
}

/** @param waitedMs how long they were waited for [ms] */
export function preemptedOverdue(evicted: readonly string[], waitedMs: number): EventDraft {
  const what = evicted.map((id) => `"${id}"`).join(', ');
  const shown = `Started although ${what} did not end within ${formatDuration(waitedMs)}`;
  return plain('Waiting for preempted allocations', shown);
}

/** What becomes of the data of the allocation that this one takes the place of. */
export const movingData = (text: string): EventDraft => plain('Moving Data', text);

/** @param silentMs how long no server was heard [ms] */
export function unheard(silentMs: number): EventDraft {
  const seconds = formatDuration(Math.floor(silentMs / 1_000) * 1_000);
  return plain('Client Disconnected', `Stopping: no server was heard for ${seconds}`);
}

/** @param missing what its templates still wait for */
export function templateWaits(missing: readonly string[]): EventDraft {
  const [first = '', ...more] = missing;
  const rest = more.length === 0 ? '' : `, and ${more.length} more`;
  return plain('Template', `Missing: ${first}${rest}`);
}

/** How a change of templates that goes through the group comes along. */
export const templateRollout = (text: string): EventDraft => plain('Template', text);

export const templateScript = (text: string): EventDraft => plain('Hook Message', text);

export function restartSignaled(reason: string): EventDraft {
  const shown = reason === '' ? 'Task signaled to restart' : reason;
  return { ...plain('Restart Signaled', shown), details: { restart_reason: reason } };
}

const NANOS_PER_MS = 1_000_000;

function plain(type: string, displayMessage: string): EventDraft {
  return { type, displayMessage, message: '', failsTask: false, details: {} };
}
