/** What the command line needs of the world around it; made by compose, or by a test. */
import type { Millis } from '../base/brand.ts';

export interface World {
  /** Writes to standard output, as it is. */
  out(text: string): void;
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** True where standard output is a terminal that shows colours. */
  readonly terminal: boolean;
  now(): Millis;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  readonly files: Files;
  readonly input: Input;
  /** Sends one HTTP request to the agent. */
  readonly transport: (request: never) => Promise<never>;
}

export interface Files {
  /** Fails: `not_found`, `invalid` (not text, too large). `-` is standard input. */
  read(path: string): Promise<string>;
  exists(path: string): Promise<boolean>;
  /** Refuses to overwrite. Fails: `conflict`. */
  create(path: string, text: string): Promise<void>;
}

/** Standard input as bytes, for `alloc exec`. */
export interface Input {
  readonly isTerminal: boolean;
  bytes(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Raw mode while a remote terminal is open. */
  raw(on: boolean): void;
  size(): { readonly columns: number; readonly rows: number } | undefined;
  onResize(listener: () => void): () => void;
}
