/** Callers that stay with a target, by a cookie. */
import { valuesOf } from './request.ts';
import type { Rule, Target } from './rule.ts';

/** The target that the caller's cookie names, if it is still there. */
export function stuckTo(
  { targets }: Rule,
  name: string,
  headers: readonly string[],
): Target | undefined {
  const held = cookie(headers, name);
  return held === undefined
    ? undefined
    : targets.find((target) => target.weight > 0 && markOf(target) === held);
}

/** What makes the caller come back to the target. */
export function stickyCookie(target: Target, name: string, secure: boolean): string {
  return `${name}=${markOf(target)}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}

function cookie(headers: readonly string[], name: string): string | undefined {
  for (const value of valuesOf(headers, 'cookie')) {
    for (const pair of value.split(';')) {
      const at = pair.indexOf('=');
      if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
    }
  }
  return undefined;
}

/** Tells targets apart without telling their addresses. FNV-1a of the id, twice. */
function markOf({ id }: Target): string {
  return `${hash(id, 2_166_136_261)}${hash(id, 84_696_351)}`;
}

function hash(text: string, seed: number): string {
  let sum = seed;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 16_777_619);
  return (sum >>> 0).toString(16).padStart(8, '0');
}
