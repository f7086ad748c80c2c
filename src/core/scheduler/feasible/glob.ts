/** Datacenters as jobs name them: `dc1`, `eu-*`. */

/** Reads patterns in which `*` stands for any run of characters, also an empty one. */
export function compileGlobs(patterns: readonly string[]): (text: string) => boolean {
  const plain = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const globs = patterns.filter((pattern) => pattern.includes('*')).map((p) => p.split('*'));
  return (text) => plain.has(text) || globs.some((parts) => matchesParts(text, parts));
}

/** Greedy from the left with a fixed end: linear, whatever the pattern. */
function matchesParts(text: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? '';
  const last = parts[parts.length - 1] ?? '';
  if (text.length < first.length + last.length) return false;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
