import { Failure, type Fault } from '../../base/failure.ts';

const FAULTS: Readonly<Record<string, Fault>> = {
  ENOENT: 'not_found',
  ENOTDIR: 'not_found',
  EACCES: 'denied',
  EPERM: 'denied',
  ELOOP: 'denied',
  ENOSPC: 'exhausted',
  EDQUOT: 'exhausted',
  EMFILE: 'exhausted',
  ENFILE: 'exhausted',
};

/** True where the system said that there is no such file. */
export function isAbsent(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
}

/** The system's refusal as a failure of ours; one of ours stays what it is. */
export function failureOf(error: unknown, message: string): Failure {
  if (error instanceof Failure) return error;
  return new Failure(FAULTS[codeOf(error)] ?? 'unavailable', message, { cause: error });
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? '';
}
