/** Basic authentication of rules that ask for it. Source: RFC 7617. */
import { fromBase64 } from '../../base/base64.ts';
import { plainReply, valuesOf, type OwnReply } from './request.ts';
import type { AuthScheme } from './settings.ts';

/**
 * Undefined where the caller may pass; otherwise what to answer.
 *
 * @param scheme undefined: the rule names one that is not configured, so that nobody may pass
 */
export function authorised(
  headers: readonly string[],
  scheme: AuthScheme | undefined,
): OwnReply | undefined {
  if (scheme === undefined) return plainReply(403);
  const [given = ''] = valuesOf(headers, 'authorization');
  const encoded = /^basic +([A-Za-z0-9+/=]+)$/i.exec(given)?.[1];
  const bytes = encoded === undefined ? undefined : fromBase64(encoded);
  const [user = '', password] = split(bytes === undefined ? '' : new TextDecoder().decode(bytes));
  const wanted = Object.hasOwn(scheme.users, user) ? scheme.users[user] : undefined;
  const known = wanted !== undefined && password !== undefined && isSame(wanted, password);
  if (known) return undefined;
  const realm = scheme.realm.replaceAll(/["\\]/g, '');
  return plainReply(401, { 'www-authenticate': `Basic realm="${realm}", charset="UTF-8"` });
}

function split(text: string): readonly string[] {
  const colon = text.indexOf(':');
  return colon < 0 ? [] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** Takes as long for a wrong beginning as for a wrong end. */
function isSame(a: string, b: string): boolean {
  let differs = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) differs |= a.charCodeAt(i % (a.length || 1)) ^ b.charCodeAt(i);
  return differs === 0;
}
