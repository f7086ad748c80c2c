/** Typed reading of a decoded configuration file. */
import type { Json, JsonObject } from '../../base/json.ts';

/** Reads settings of a block whose kinds were checked when the file was decoded. */
export class Reader {
  readonly path: string;
  readonly #values: JsonObject;

  constructor(values: JsonObject, path: string) {
    this.#values = values;
    this.path = path;
  }

  has(name: string): boolean {
    return name in this.#values;
  }

  text(name: string): string | undefined;
  text(name: string, fallback: string): string;
  text(name: string, fallback?: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : fallback;
  }

  flag(name: string): boolean | undefined;
  flag(name: string, fallback: boolean): boolean;
  flag(name: string, fallback?: boolean): boolean | undefined {
    const value = this.#values[name];
    return typeof value === 'boolean' ? value : fallback;
  }

  /** Durations and sizes too: they were decoded to milliseconds, and bytes. */
  count(name: string): number | undefined;
  count(name: string, fallback: number): number;
  count(name: string, fallback?: number): number | undefined {
    const value = this.#values[name];
    return typeof value === 'number' ? value : fallback;
  }

  texts(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? (value as readonly string[]) : [];
  }

  /** Of a list, the objects. */
  objects(name: string): readonly JsonObject[] {
    const value = this.#values[name];
    return Array.isArray(value) ? (value as readonly JsonObject[]) : [];
  }

  object(name: string): JsonObject {
    const value: Json | undefined = this.#values[name];
    const known = typeof value === 'object' && value !== null && !Array.isArray(value);
    return known ? (value as JsonObject) : {};
  }

  /** As it was written, of any kind. */
  free(name: string): Json | undefined {
    return this.#values[name];
  }

  record(name: string): Readonly<Record<string, string>> {
    return this.object(name) as Readonly<Record<string, string>>;
  }

  block(name: string): Reader {
    return new Reader(this.object(name), this.path === '' ? name : `${this.path}.${name}`);
  }

  named<T>(name: string, read: (block: Reader, label: string) => T): Readonly<Record<string, T>> {
    const labels = Object.keys(this.object(name));
    return Object.fromEntries(
      labels.map((label) => [label, read(this.block(name).block(label), label)]),
    );
  }
}
