/** Steps into values: `.name`, `[0]`, `["key"]`. */
import type { Step } from './ast.ts';
import { convert } from './convert.ts';
import { toNumber, isInteger } from './number.ts';
import { didYouMean } from './suggest.ts';
import { NUMBER, STRING, friendlyType } from './type.ts';
import { UNKNOWN, isMapping, number, string, typeOf } from './value.ts';
import type { Mapping, Sequence, Value } from './value.ts';

/** A summary and a detail, for a diagnostic. */
export type Complaint = Readonly<{ summary: string; detail: string }>;
export type Stepped = Value | Complaint;

/** What one step leads to. */
export function stepInto(value: Value, step: Step): Stepped {
  if (step.dotted) return attributeOf(value, String(step.key));
  return elementOf(value, typeof step.key === 'number' ? number(step.key) : string(step.key));
}

export function isComplaint(result: object): result is Complaint {
  return 'summary' in result;
}

/** `value.name`. */
export function attributeOf(value: Value, name: string): Stepped {
  if (value.kind === 'unknown') return UNKNOWN;
  if (value.kind === 'null') {
    return {
      summary: 'Attempt to get attribute from null value',
      detail: 'This value is null, so it does not have any attributes.',
    };
  }
  if (isMapping(value)) {
    return value.entries.get(name) ?? missing(value, name);
  }
  if (value.kind === 'list' || value.kind === 'set' || value.kind === 'tuple') {
    return {
      summary: 'Unsupported attribute',
      detail:
        `Can't access attributes on a ${value.kind}. Did you mean to access attribute "${name}" ` +
        'for a specific element, or across all elements?',
    };
  }
  return {
    summary: 'Unsupported attribute',
    detail: `This value does not have any attributes: it is a ${friendlyType(typeOf(value))}.`,
  };
}

function missing(value: Mapping, name: string): Complaint {
  const hint = didYouMean(name, value.entries.keys());
  if (value.kind === 'object') {
    return {
      summary: 'Unsupported attribute',
      detail: `This object does not have an attribute named "${name}".${hint}`,
    };
  }
  return {
    summary: 'Missing map element',
    detail: `This map does not have an element with the key "${name}".${hint}`,
  };
}

/** `value[key]`. */
export function elementOf(value: Value, key: Value): Stepped {
  if (value.kind === 'null') {
    return {
      summary: 'Attempt to index null value',
      detail: 'This value is null, so it does not have any indices.',
    };
  }
  if (key.kind === 'null') return invalid("Can't use a null value as an indexing key.");
  if (value.kind === 'unknown' || key.kind === 'unknown') return UNKNOWN;
  if (value.kind === 'list' || value.kind === 'tuple') return itemOf(value, key);
  if (isMapping(value)) return entryOf(value, key);
  if (value.kind === 'set') {
    return invalid(
      'Elements of a set are identified only by their value and have no index or key.',
    );
  }
  return invalid('This value does not have any indices.');
}

const NO_ELEMENT = 'The given key does not identify an element in this collection value';

function invalid(detail: string): Complaint {
  return { summary: 'Invalid index', detail };
}

function itemOf(value: Sequence, key: Value): Stepped {
  const converted = convert(key, NUMBER);
  if ('problem' in converted) return invalid(`${NO_ELEMENT}: ${converted.problem}.`);
  const index = converted.value;
  if (index.kind !== 'number') return UNKNOWN;
  if (!isInteger(index.value)) {
    return invalid(`${NO_ELEMENT}: indexing a sequence requires a whole number.`);
  }
  const at = toNumber(index.value);
  if (at < 0) {
    return invalid(`${NO_ELEMENT}: a negative number is not a valid index for a sequence.`);
  }
  return (
    value.items[at] ??
    invalid(
      value.items.length === 0
        ? `${NO_ELEMENT}: the collection has no elements.`
        : `${NO_ELEMENT}: the given index is greater than or equal to the length of the collection.`,
    )
  );
}

function entryOf(value: Mapping, key: Value): Stepped {
  const converted = convert(key, STRING);
  if ('problem' in converted) return invalid(`${NO_ELEMENT}: ${converted.problem}.`);
  if (converted.value.kind !== 'string') return UNKNOWN;
  const name = converted.value.value;
  const found = value.entries.get(name);
  return found ?? invalid(`${NO_ELEMENT}.${didYouMean(name, value.entries.keys())}`);
}
