/** How `template` ends, and the signals that it knows. Source: consul-template's command line. */

/** Exit codes; in exec mode, that of the program where it ended of itself. */
export const EXIT = {
  /** Told to end. */
  interrupted: 12,
  badFlags: 13,
  /** A template, a file, a command or the agent. */
  failed: 14,
  badSettings: 15,
} as const;

/** What may be listened for or handed on; SIGKILL and SIGSTOP cannot be. */
const SIGNALS: ReadonlySet<string> = new Set([
  ...['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGWINCH'],
  ...['SIGABRT', 'SIGCONT', 'SIGIO', 'SIGPIPE', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGURG'],
]);

/** Handed on to the program of exec mode where nothing else is meant by them. */
export const FORWARDED: readonly string[] = [
  ...['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGWINCH'],
];

export function isTemplateSignal(name: string): boolean {
  return SIGNALS.has(name);
}
