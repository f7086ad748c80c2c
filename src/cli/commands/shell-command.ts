/** Words of a command line as a shell runs them. */

/** @param env `SHELL` names the shell; `/bin/sh` without it */
export function shellCommand(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const shell = env['SHELL'] ?? '';
  return [shell === '' ? '/bin/sh' : shell, '-c', words.join(' ')];
}
