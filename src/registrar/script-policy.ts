/** Whose commands this agent runs as checks. */
import { Failure } from '../base/failure.ts';
import type { CheckDefinition } from '../core/model/health-check.ts';
import type { AllocCheck, Registrations } from '../ports/registrar.ts';

/** Nobody's; those of configuration files; those of the API as well. */
export type ScriptChecks = 'none' | 'local' | 'all';

/** Fails: `invalid` where one of the checks is a command that is not to be run. */
export function mayRun(
  checks: readonly CheckDefinition[],
  source: 'api' | 'config',
  policy: ScriptChecks,
): void {
  if (policy === 'all' || (policy === 'local' && source === 'config')) return;
  if (!checks.some(isCommand)) return;
  throw new Failure(
    'invalid',
    policy === 'local'
      ? "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true"
      : "Scripts are disabled on this agent; to enable, configure 'enable_script_checks' or 'enable_local_script_checks' to true",
  );
}

/** Fails: `invalid` where a command comes without its task: a job's are not run on the machine. */
export function mayRunOfJob(checks: readonly AllocCheck[]): void {
  const stray = checks.find(({ definition, run }) => run === undefined && isCommand(definition));
  if (stray === undefined) return;
  const { id } = stray.definition;
  throw new Failure('invalid', `check "${id}" of a job is a command without a task to run it in`);
}

/** As `mayRun`, for what configuration files register; answers all checks of them. */
export function mayRunConfigured(
  { services, checks }: Registrations,
  policy: ScriptChecks,
): readonly CheckDefinition[] {
  const all = [...checks, ...services.flatMap((each) => each.checks)];
  mayRun(all, 'config', policy);
  return all;
}

function isCommand({ probe: { kind } }: CheckDefinition): boolean {
  return kind === 'script' || kind === 'docker';
}
