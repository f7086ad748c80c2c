/** The kinds of settings that a configuration file has, and how a table of them is written. */

/** One argument or block. `note` is its line in the reference. */
export type Setting =
  | Readonly<{ kind: 'text' | 'flag' | 'count' | 'texts' | 'duration' | 'size'; note: string }>
  /** Names and texts, as a block or an argument. */
  | Readonly<{ kind: 'record'; note: string }>
  | Readonly<{ kind: 'block'; settings: Settings; note: string }>
  /** A block with one label, which may stand several times. */
  | Readonly<{ kind: 'named'; settings: Settings; note: string }>
  /** A block that may stand several times, or a list: kept as written, blocks in it as lists. */
  | Readonly<{ kind: 'blocks'; note: string }>
  /** Anything: kept as written. */
  | Readonly<{ kind: 'free'; note: string }>;

export type Settings = Readonly<Record<string, Setting>>;

export const text = (note: string): Setting => ({ kind: 'text', note });
export const flag = (note: string): Setting => ({ kind: 'flag', note });
export const count = (note: string): Setting => ({ kind: 'count', note });
export const texts = (note: string): Setting => ({ kind: 'texts', note });
export const duration = (note: string): Setting => ({ kind: 'duration', note });
export const size = (note: string): Setting => ({ kind: 'size', note });
export const record = (note: string): Setting => ({ kind: 'record', note });
export const block = (note: string, settings: Settings): Setting => ({
  kind: 'block',
  settings,
  note,
});
export const named = (note: string, settings: Settings): Setting => ({
  kind: 'named',
  settings,
  note,
});
export const blocks = (note: string): Setting => ({ kind: 'blocks', note });
