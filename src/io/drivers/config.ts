/**
 * Reads the free-form `config { ... }` of a task: what is wrong is gathered by path, what is right
 * is converted as job files expect (`"8080"` is a number, `[{...}]` is how a block arrives).
 *
 * A text that still holds `${...}` passes as anything: a job is checked before it is interpolated.
 */
import type { Json, JsonObject } from '../../base/json.ts';
import { Failure } from '../../base/failure.ts';
import type { ConfigIssue } from '../../core/model/config-issue.ts';

export class ConfigReader {
  readonly #config: JsonObject;
  readonly #seen = new Set<string>();
  readonly #issues: ConfigIssue[] = [];

  constructor(config: JsonObject) {
    this.#config = config;
  }

  /** Empty when absent. */
  text(key: string): string {
    const value = this.#take(key);
    if (value === undefined) return '';
    return this.#scalar(key, value) ?? '';
  }

  requiredText(key: string): string {
    const value = this.text(key);
    if (value === '') this.issue(key, 'is required');
    return value;
  }

  texts(key: string): readonly string[] {
    const value = this.#take(key);
    if (value === undefined) return [];
    if (!isList(value)) {
      this.issue(key, 'must be a list of strings');
      return [];
    }
    return value.map((item, i) => this.#scalar(`${key}[${i}]`, item) ?? '');
  }

  number(key: string, bounds: { readonly min: number; readonly max: number }): number | undefined {
    const value = this.#take(key);
    if (value === undefined || isOpen(value)) return undefined;
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isFinite(number)) {
      this.issue(key, 'must be a number');
      return undefined;
    }
    if (number < bounds.min || number > bounds.max) {
      this.issue(key, `must be from ${bounds.min} to ${bounds.max}`);
    }
    return number;
  }

  /** False when absent. */
  flag(key: string): boolean {
    const value = this.#take(key);
    if (value === undefined || isOpen(value)) return false;
    if (value === true || value === 'true') return true;
    if (value !== false && value !== 'false') this.issue(key, 'must be true or false');
    return false;
  }

  /** `"1m30s"`, or a number of nanoseconds as the API has it [ms]; 0 when absent. */
  duration(key: string): number {
    const value = this.#take(key);
    if (value === undefined || isOpen(value)) return 0;
    const ms = typeof value === 'number' ? value / 1e6 : parseDuration(value);
    if (ms === undefined) this.issue(key, 'must be a duration such as "30s"');
    return ms ?? 0;
  }

  /** Names and texts, of an object or of blocks. */
  map(key: string): Readonly<Record<string, string>> {
    const value = this.#take(key);
    const found: Record<string, string> = {};
    for (const block of value === undefined ? [] : isList(value) ? value : [value]) {
      if (!isObject(block)) {
        this.issue(key, 'must be a block of names and values');
        continue;
      }
      for (const [name, item] of Object.entries(block)) {
        found[name] = this.#scalar(`${key}.${name}`, item) ?? '';
      }
    }
    return found;
  }

  issue(path: string, message: string): void {
    this.#issues.push({ path, message });
  }

  /** All that was found, names that were never asked for included. */
  issues(): readonly ConfigIssue[] {
    const unknown = Object.keys(this.#config).filter((key) => !this.#seen.has(key));
    return [
      ...this.#issues,
      ...unknown.map((path) => ({ path, message: 'is not an option of this driver' })),
    ];
  }

  #take(key: string): Json | undefined {
    this.#seen.add(key);
    const value = this.#config[key];
    return value === null ? undefined : value;
  }

  #scalar(path: string, value: Json): string | undefined {
    if (typeof value === 'string') {
      // The system's calls end a text there.
      if (value.includes('\0')) this.issue(path, 'holds a zero byte');
      return value;
    }
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    this.issue(path, 'must be a string');
    return undefined;
  }
}

/** Fails: `invalid`, naming every mistake. */
export function refuseIssues(driver: string, issues: readonly ConfigIssue[]): void {
  if (issues.length === 0) return;
  const told = issues.map(({ path, message }) => `config.${path} ${message}`).join('; ');
  throw new Failure('invalid', `driver "${driver}" cannot use this configuration: ${told}`);
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Go's notation [ms]; undefined: it is none. */
function parseDuration(value: Json): number | undefined {
  if (typeof value !== 'string' || !/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(value)) {
    return value === '0' ? 0 : undefined;
  }
  let ms = 0;
  for (const [, amount, unit = ''] of value.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    ms += Number(amount) * (UNIT_MS[unit] ?? 0);
  }
  return ms;
}

function isOpen(value: Json): boolean {
  return typeof value === 'string' && value.includes('${');
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
