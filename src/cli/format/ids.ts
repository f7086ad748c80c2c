/** Ids as people type them: the first eight characters, or whole where asked for. */
export type Ids = (id: string) => string;

const SHORT = 8;

export function shortIds(verbose: boolean): Ids {
  return verbose ? (id) => id : (id) => id.slice(0, SHORT);
}
