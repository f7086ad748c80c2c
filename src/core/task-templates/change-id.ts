/** The name of what templates read: the same on every machine that read the same. */
import { hashRow, hashText, lanes } from '../state/hash.ts';

/** @param answers by what was asked */
export function changeIdOf(answers: ReadonlyMap<string, unknown>): string {
  const asked = [...answers.keys()].sort();
  const text = JSON.stringify(
    asked.map((key) => [key, answers.get(key) ?? null]),
    (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  );
  hashRow(0, { text });
  return hashText(lanes);
}
