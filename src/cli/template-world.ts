/** What `muster template` needs of the world besides what every command has. */
import type { TemplateHost } from '../core/template/host.ts';

export interface TemplateWorld {
  /** What templates may use of this machine. */
  host(): Promise<Omit<TemplateHost, 'now'>>;
  /**
   * Puts content in the place of a file, at once; answers whether it is another one than before.
   * Owner and mode stay. Fails: `not_found`, `denied`, `exhausted`, `internal`.
   */
  replace(path: string, content: Uint8Array, options: Replacing): Promise<boolean>;
  /** Starts a line in a shell. */
  start(line: string): Promise<Started>;
  /** Calls the listener for each of these signals to this process, until the answer is called. */
  onSignal(name: 'SIGHUP' | 'SIGTERM', listener: () => void): () => void;
  /** A number from 0 up to but not 1, by chance. */
  chance(): number;
}

export interface Replacing {
  readonly perms?: number;
  readonly backup: boolean;
  readonly createDirectories: boolean;
}

/** A program that was started. */
export interface Started {
  signal(name: string): void;
  readonly ended: Promise<Readonly<{ code: number }> | Readonly<{ signal: string }>>;
}
