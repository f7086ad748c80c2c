/** What the command line needs of the world around it; made by compose, or by a test. */
import type { OpenSocket, Send } from '../api/api.ts';
import type { Millis } from '../base/brand.ts';
import type { FunctionHost } from '../core/hcl/function.ts';
import type { Programs } from '../ports/programs.ts';
import type { TemplateWorld } from './template-world.ts';

export interface World {
  /** Writes to standard output, as it is. */
  out(text: string): void;
  /** The same for bytes: task output need not be text. Resolves when more may be written. */
  outBytes(bytes: Uint8Array): Promise<void>;
  err(text: string): void;
  errBytes(bytes: Uint8Array): Promise<void>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** True where standard output is a terminal that shows colours. */
  readonly terminal: boolean;
  now(): Millis;
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  readonly files: Files;
  readonly input: Input;
  /** How to talk to the agent at an address (`http://127.0.0.1:4646`). Connects when first used. */
  connect(address: string): Wire;
  /** Starts programs of this machine. */
  readonly programs: Programs;
  /** Milliseconds that only ever grow, suspend included: what leases are counted on. */
  uptimeMs(): number;
  /** Bytes that nobody can guess. */
  randomBytes(count: number): Uint8Array;
  /** Calls the listener when somebody asks this process to end; without one it just ends. */
  onTerminate(listener: () => void): void;
  /** Files, programs and signals of `template`. */
  readonly templates: TemplateWorld;
  /** What functions of the job language may use. */
  functionHost(): Promise<FunctionHost>;
}

/** The transport under `Api`. A failure to reach the agent names its address. */
export interface Wire {
  readonly send: Send;
  readonly open?: OpenSocket;
}

export interface Files {
  /** Fails: `not_found`, `invalid` (not text, too large). `-` is standard input. */
  read(path: string): Promise<string>;
  /** The same as bytes. */
  readBytes(path: string): Promise<Uint8Array>;
  exists(path: string): Promise<boolean>;
  /** The files in a directory; undefined where it is none. Fails: `not_found`, `denied`. */
  list(path: string): Promise<readonly string[] | undefined>;
  /** Refuses to overwrite. Fails: `conflict`. */
  create(path: string, text: string): Promise<void>;
  /**
   * Puts a file that only its owner may read in the place of the old one, at once.
   * Fails: `invalid` no plain file is there, `not_found` no such directory, `denied`, `exhausted`.
   */
  writeBytes(path: string, bytes: Uint8Array): Promise<void>;
}

/** Standard input. */
export interface Input {
  readonly isTerminal: boolean;
  bytes(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Raw mode while a remote terminal is open. */
  raw(on: boolean): void;
  size(): { readonly columns: number; readonly rows: number } | undefined;
  /** Answers how to stop listening. */
  onResize(listener: () => void): () => void;
}
