/** The environment of the program that `muster template` keeps running. */

export type ChildEnvironment = Readonly<{
  /** Nothing but `custom`. */
  pristine: boolean;
  /** `NAME=value`. */
  custom: readonly string[];
  /** Patterns with `*` and `?`; empty: every name. */
  allowed: readonly string[];
  /** Count more than `allowed`. */
  denied: readonly string[];
}>;

/** What it gets of ours; `custom` whatever else is said. Source: consul-template's "Exec Mode". */
export function childEnvironment(
  { pristine, custom, allowed, denied }: ChildEnvironment,
  ours: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(pristine ? {} : ours)) {
    if (value === undefined) continue;
    const isAllowed = allowed.length === 0 || allowed.some((each) => matches(each, name));
    if (isAllowed && !denied.some((each) => matches(each, name))) env[name] = value;
  }
  for (const each of custom) {
    const equals = each.indexOf('=');
    if (equals > 0) env[each.slice(0, equals)] = each.slice(equals + 1);
  }
  return env;
}

function matches(pattern: string, name: string): boolean {
  const literal = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(name);
}
