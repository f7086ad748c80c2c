/** Patterns in which `*` stands for any characters, none included. */

export function isGlob(pattern: string): boolean {
  return pattern.includes('*');
}

/** Whether all of the text matches. Takes at most pattern times text steps. */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let from = 0;
  let star = -1;
  let held = 0;
  while (from < text.length) {
    if (pattern[at] === '*') {
      star = at++;
      held = from;
    } else if (at < pattern.length && pattern[at] === text[from]) {
      at += 1;
      from += 1;
    } else if (star >= 0) {
      // The last star takes one character more.
      at = star + 1;
      from = ++held;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
