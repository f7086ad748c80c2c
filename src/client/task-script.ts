/**
 * A check's script inside a task: the driver runs it where the task's own programs run.
 *
 * Source of the statuses: exit code 0 is passing, 1 warning, others critical, as for Consul's
 * script checks.
 */
import { Bug } from '../base/assert.ts';
import { explain } from '../base/failure.ts';
import type { HealthStatus } from '../core/model/health-check.ts';
import type { ProbeLimits, ProbeResult } from '../ports/check-probes.ts';
import type { Clock } from '../ports/clock.ts';
import type { ExecSession } from '../ports/driver.ts';
import { formatDuration } from '../base/duration.ts';

export interface TaskScriptDeps {
  readonly clock: Clock;
  /** Starts the command inside the task. Fails: the task does not run, or cannot run commands. */
  readonly open: (signal: AbortSignal) => Promise<ExecSession>;
}

/** Runs it once, to its end or its timeout, and keeps the first of its output. */
export async function runTaskScript(
  { clock, open }: TaskScriptDeps,
  { timeoutMs, outputMaxBytes }: ProbeLimits,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  signal.addEventListener('abort', end, { once: true });
  let session: ExecSession | undefined;
  try {
    session = await open(stop.signal);
    const output = collect(session, outputMaxBytes);
    const exit = session.exited.finally(end);
    const code = await Promise.race([exit, clock.sleep(timeoutMs, stop.signal)]);
    if (typeof code !== 'number' && !stop.signal.aborted) {
      return critical(`Timed out (${formatDuration(timeoutMs)}) running check`);
    }
    const exitCode = await exit;
    return { status: statusOf(exitCode), output: await output };
  } catch (error) {
    if (error instanceof Bug) throw error;
    return critical(explain(error));
  } finally {
    end();
    signal.removeEventListener('abort', end);
    await session?.kill().catch(() => undefined);
  }
}

async function collect(session: ExecSession, maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let left = maxBytes;
  for await (const { bytes } of session.output) {
    if (left <= 0) continue;
    pieces.push(bytes.subarray(0, left));
    left -= bytes.length;
  }
  return Buffer.concat(pieces).toString('utf8');
}

function statusOf(exitCode: number): HealthStatus {
  if (exitCode === 0) return 'passing';
  return exitCode === 1 ? 'warning' : 'critical';
}

function critical(output: string): ProbeResult {
  return { status: 'critical', output };
}
