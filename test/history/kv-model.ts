/** One key as a single copy would hold it. Each value is written once, so that a value tells which. */
import type { Model, Observed } from './linearizable.ts';

/** `undefined` stands for a key that does not exist. `expected` is what a comparison was told. */
export type KvInput =
  | { readonly do: 'put'; readonly value: string }
  | { readonly do: 'delete' }
  | { readonly do: 'get'; readonly saw: string | undefined }
  | {
      readonly do: 'cas';
      readonly expected: string | undefined;
      readonly value: string;
      readonly ok: boolean;
    };

export type KvObserved = Observed<KvInput>;

type Cell = string | undefined;

/** State `''` is a key that does not exist. */
export const KV_MODEL: Model<string, KvInput> = {
  initial: '',
  step(state, input, isAnswered) {
    switch (input.do) {
      case 'put':
        return input.value;
      case 'delete':
        return '';
      case 'get':
        return holds(state, input.saw) ? state : undefined;
      case 'cas': {
        const isMet = holds(state, input.expected);
        if (isAnswered && isMet !== input.ok) return undefined;
        return isMet ? input.value : state;
      }
    }
  },
  keyOf: (state) => state,
};

function holds(state: string, cell: Cell): boolean {
  return state === (cell ?? '');
}
