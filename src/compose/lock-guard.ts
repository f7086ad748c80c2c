/** `muster lock-guard`: the process that kills what runs under a lock when the lock is lost. */
import { runGuard } from '../io/terminal/guard.ts';

/** Answers the exit code once there is nothing left to guard. */
export async function lockGuardMain(): Promise<number> {
  await runGuard();
  return 0;
}
