/**
 * Runs one health check once: the world's side of `core/checks`.
 *
 * Every kind has its real implementation in `io/checks`; a simulation answers from a script.
 */
import type { AliasProbe, HealthStatus, Probe, TtlProbe } from '../core/model/health-check.ts';

/** What is run at intervals; reports and aliases are not. */
export type RunnableProbe = Exclude<Probe, TtlProbe | AliasProbe>;

/** The bounds of one run. */
export interface ProbeLimits {
  /** [ms]; whatever the run began is ended by then, processes with their children. */
  readonly timeoutMs: number;
  /** Bytes of output kept. */
  readonly outputMaxBytes: number;
}

/** What one run found. */
export interface ProbeResult {
  readonly status: HealthStatus;
  /** For people; at most as long as the limits say, but for a few words of ours. */
  readonly output: string;
}

/**
 * Runs a check of somebody's own making, such as a script inside a task. The same contract as
 * `CheckProbes.run`.
 */
export type RunProbe = (limits: ProbeLimits, signal: AbortSignal) => Promise<ProbeResult>;

export interface CheckProbes {
  /**
   * Runs a probe once. What cannot be reached or started is a result (critical, with the reason),
   * never a rejection. Resolves soon after `signal` aborts too, with everything ended; such a
   * result
   * is worth nothing.
   */
  run(probe: RunnableProbe, limits: ProbeLimits, signal: AbortSignal): Promise<ProbeResult>;
}
