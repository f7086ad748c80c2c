/**
 * What the outcome of a probe means, and how it is told. The words are Consul's, which dashboards
 * and alerts look for.
 */
import { formatDuration } from '../../base/duration.ts';
import type { HealthStatus } from '../model/health-check.ts';

export interface Verdict {
  readonly status: HealthStatus;
  readonly output: string;
}

/** Of an HTTP answer: 2xx passes, 429 warns. */
export function httpVerdict(
  request: Readonly<{ method: string; url: string }>,
  answer: Readonly<{ status: number; reason: string; body: string }>,
): Verdict {
  const { status: code } = answer;
  const status = code >= 200 && code <= 299 ? 'passing' : code === 429 ? 'warning' : 'critical';
  const line = `${code} ${answer.reason}`.trimEnd();
  return {
    status,
    output: `HTTP ${request.method} ${request.url}: ${line} Output: ${answer.body}`,
  };
}

/** Of a command's exit code: 0 passes, 1 warns. */
export function exitVerdict(code: number, output: string): Verdict {
  return { status: code === 0 ? 'passing' : code === 1 ? 'warning' : 'critical', output };
}

/** Of a command that was killed at its timeout. */
export function timeoutVerdict(timeoutMs: number, output: string): Verdict {
  const text = `Timed out (${formatDuration(timeoutMs)}) running check`;
  return { status: 'critical', output: output === '' ? text : `${text}\n\n${output}` };
}

/** Of whatever could not be done. */
export function failedVerdict(why: string): Verdict {
  return { status: 'critical', output: why };
}

/** Of whatever went as it should. */
export function passedVerdict(output: string): Verdict {
  return { status: 'passing', output };
}
