/** Whose commands this agent runs as checks. */
import { Failure } from '../base/failure.ts';
import type { CheckDefinition } from '../core/model/health-check.ts';
import type { Registrations } from '../ports/registrar.ts';

/** Nobody's; those of configuration files; those of the API as well. */
export type ScriptChecks = 'none' | 'local' | 'all';

/** Fails: `invalid` where one of the checks is a command that is not to be run. */
export function mayRun(
  checks: readonly CheckDefinition[],
  source: 'api' | 'config',
  policy: ScriptChecks,
): void {
  if (policy === 'all' || (policy === 'local' && source === 'config')) return;
  const isCommand = ({ probe: { kind } }: CheckDefinition): boolean =>
    kind === 'script' || kind === 'docker';
  if (!checks.some(isCommand)) return;
  throw new Failure(
    'invalid',
    policy === 'local'
      ? "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true"
      : "Scripts are disabled on this agent; to enable, configure 'enable_script_checks' or 'enable_local_script_checks' to true",
  );
}

/** The same for what configuration files register; answers all checks of them. */
export function mayRunConfigured(
  { services, checks }: Registrations,
  policy: ScriptChecks,
): readonly CheckDefinition[] {
  const all = [...checks, ...services.flatMap((each) => each.checks)];
  mayRun(all, 'config', policy);
  return all;
}
