/**
 * Variables in a rendered file: `NAME=value` on each line, as a template with `env = true` gives
 * them.
 *
 * E1: quotes are the shell's: nothing counts inside single ones, escapes do inside double ones.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/template#environment-variables
 */

export type EnvFile =
  Readonly<{ variables: Readonly<Record<string, string>> }> | Readonly<{ mistake: string }>;

/** Reads the variables, or says which line is wrong. */
export function parseEnvFile(text: string): EnvFile {
  const variables: Record<string, string> = {};
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trim().replace(/^export\s+/, '');
    if (line === '' || line.startsWith('#')) continue;
    const [, name, rest = ''] = /^([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(.*)$/.exec(line) ?? [];
    const value = name === undefined ? undefined : valueOf(rest);
    if (name === undefined || value === undefined) {
      return { mistake: `line ${at + 1} is not NAME=value` };
    }
    variables[name] = value;
  }
  return { variables };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** Undefined: a quote is not closed. */
function valueOf(written: string): string | undefined {
  if (written.startsWith("'")) return /^'([^']*)'\s*(?:#.*)?$/.exec(written)?.[1];
  if (!written.startsWith('"')) return written.replace(/\s+#.*$/, '').trimEnd();
  const inside = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(written)?.[1];
  return inside?.replace(/\\(.)/g, (_, sign: string) => ESCAPES[sign] ?? sign);
}
