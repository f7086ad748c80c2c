/** The answers of the reference's examples of templates, out of the JSON that the page shows. */
import type { AnswerOf, Dependency } from '../src/core/template/dependency.ts';
import type { Answers } from '../src/core/template/render.ts';

/** Variables of the environment that the page names. */
export const PAGE_ENV = { CLUSTER: 'blue', EMPTY: '' };

const KEY = { createIndex: 1, modifyIndex: 1, lockIndex: 0, session: '' };
const INSTANCE = {
  ...{ nodeId: '', nodeAddress: '', nodeDatacenter: 'dc1', nodeTaggedAddresses: {}, nodeMeta: {} },
  ...{ serviceMeta: {}, serviceTaggedAddresses: {}, tags: [], checks: [], status: 'passing' },
  ...{ id: '', name: 'web', weights: { passing: 1, warning: 1 } },
};

/** What the page leaves out is empty. */
export function pageAnswers(shown: Readonly<Record<string, unknown>>): Answers {
  const entries = Object.entries(shown).map(([key, value]) => {
    return [key, { value: fill(key, value) as AnswerOf[Dependency['kind']] }] as const;
  });
  return new Map(entries);
}

function fill(key: string, value: unknown): unknown {
  if (value === null) return undefined;
  if (key.startsWith('kv.get')) return { ...KEY, flags: 0n, ...(value as object) };
  const list = Array.isArray(value) ? (value as object[]) : [];
  if (key.startsWith('kv.list')) return list.map((one) => ({ ...KEY, flags: 0n, ...one }));
  if (key.startsWith('health')) return list.map((one) => ({ ...INSTANCE, ...one }));
  if (key.startsWith('nomad.var(')) {
    const meta = { namespace: 'default', path: '', createIndex: 1, modifyIndex: 1 };
    return { meta: { ...meta, createTime: 0n, modifyTime: 0n }, ...(value as object) };
  }
  return value;
}
