/** The HTTP client library: large, so it is loaded where it is first used. */
import type * as Undici from 'undici';

/** A module of the older kind: all of it is under one name, in the bundle as in the sources. */
export async function loadUndici(): Promise<typeof Undici> {
  return (await import('undici')).default as unknown as typeof Undici;
}
