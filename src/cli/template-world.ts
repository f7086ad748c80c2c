/** What `muster template` needs of the world besides what every command has. */
import type { CommandLine } from '../core/template/runner-template.ts';
import type { TemplateHost } from '../core/template/host.ts';

export interface TemplateWorld {
  /** What templates may use of this machine. */
  host(): Promise<Omit<TemplateHost, 'now'>>;
  /**
   * Puts content in the place of a file, at once; answers whether it is another one than before.
   * Owner and mode stay. Fails: `not_found`, `denied`, `exhausted`, `internal`.
   */
  replace(path: string, content: Uint8Array, options: Replacing): Promise<boolean>;
  /** Takes a file away; content when there is none. */
  remove(path: string): Promise<void>;
  /**
   * The file itself, or all files in a directory and below, in the order of their paths; links in
   * it are left out. Fails: `not_found`, `denied`.
   */
  filesIn(path: string): Promise<readonly string[]>;
  /** Starts a line in a shell, or a program with its arguments. */
  start(command: CommandLine, env?: Readonly<Record<string, string>>): Promise<Started>;
  /** Calls the listener for each of these signals to this process, until the answer is called. */
  onSignal(name: string, listener: () => void): () => void;
  /** Of this process. */
  readonly pid: number;
  /** A number from 0 up to but not 1, by chance. */
  chance(): number;
}

export interface Replacing {
  readonly perms?: number;
  /** Names or numbers. */
  readonly user?: string;
  readonly group?: string;
  readonly backup: boolean;
  readonly createDirectories: boolean;
}

/** A program that was started. */
export interface Started {
  signal(name: string): void;
  readonly ended: Promise<Readonly<{ code: number }> | Readonly<{ signal: string }>>;
}
