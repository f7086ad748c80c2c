/**
 * What pure code may use of the platform beyond the language itself: the two converters between
 * text and bytes, which hold no state, clock or I/O. Only tsconfig.pure.json reads this file.
 */
declare class TextEncoder {
  encode(text?: string): Uint8Array;
  /** Writes as much as fits; `read` counts UTF-16 units, `written` bytes. */
  encodeInto(text: string, into: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  /** `fatal` throws on bytes that are not UTF-8, which are otherwise replaced by U+FFFD. */
  constructor(label?: 'utf-8', options?: { fatal?: boolean; ignoreBOM?: boolean });
  /** `stream` keeps the beginning of a character for the next call. */
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string;
}

/** How a caller says that it no longer waits. Pure code hands it on and never listens. */
interface AbortSignal {
  readonly aborted: boolean;
}
