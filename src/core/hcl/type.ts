/** The types that values have and that configurations can ask for. */

export type Type =
  | Readonly<{ kind: 'any' | 'string' | 'number' | 'bool' }>
  | Readonly<{ kind: 'list' | 'set' | 'map'; element: Type }>
  | Readonly<{ kind: 'tuple'; items: readonly Type[] }>
  | Readonly<{
      kind: 'object';
      attributes: ReadonlyMap<string, Type>;
      /** Names that may be missing: they are null then. */
      optional?: ReadonlySet<string>;
    }>;

export const ANY: Type = { kind: 'any' };
export const STRING: Type = { kind: 'string' };
export const NUMBER: Type = { kind: 'number' };
export const BOOL: Type = { kind: 'bool' };

export function listOf(element: Type): Type {
  return { kind: 'list', element };
}

export function setOf(element: Type): Type {
  return { kind: 'set', element };
}

export function mapOf(element: Type): Type {
  return { kind: 'map', element };
}

/** Whether two types are the same. Recursion is bounded by the depth of values. */
export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  if ('element' in a && 'element' in b) return sameType(a.element, b.element);
  if ('items' in a && 'items' in b) return sameItems(a.items, b.items);
  if ('attributes' in a && 'attributes' in b) return sameAttributes(a.attributes, b.attributes);
  return true;
}

function sameItems(a: readonly Type[], b: readonly Type[]): boolean {
  return a.length === b.length && a.every((item, i) => sameType(item, b[i] ?? ANY));
}

function sameAttributes(a: ReadonlyMap<string, Type>, b: ReadonlyMap<string, Type>): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([name, type]) => {
    const other = b.get(name);
    return other !== undefined && sameType(type, other);
  });
}

/** How messages name a type: `list of string`, `object`. */
export function friendlyType(type: Type): string {
  switch (type.kind) {
    case 'any':
      return 'dynamic';
    case 'list':
    case 'set':
    case 'map':
      return type.element.kind === 'any'
        ? `${type.kind} of any single type`
        : `${type.kind} of ${friendlyType(type.element)}`;
    case 'string':
    case 'number':
    case 'bool':
    case 'tuple':
    case 'object':
      return type.kind;
  }
}
