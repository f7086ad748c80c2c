/** The metadata of a node and what changes it, on the wire. */
import type { NodeId } from '../../core/model/ids.ts';
import type { DynamicMeta } from '../../core/runner/node-meta.ts';
import { shape, type Codec, type Shape } from '../codec/codec.ts';
import { converted, mapOf, nested, text, textCodec, textMap } from '../codec/fields.ts';

/** As a client tells of its node. */
export interface NodeMetadataAnswer {
  readonly merged: Readonly<Record<string, string>>;
  readonly dynamic: DynamicMeta;
  readonly configured: Readonly<Record<string, string>>;
}

export interface NodeMetaChange {
  /** Empty: the node of the agent that is asked. */
  readonly nodeId: NodeId | '';
  readonly change: DynamicMeta;
}

/** A value, or that there is none: `null`. */
interface Entry {
  readonly value?: string;
}

const ENTRY: Codec<Entry> = {
  encode: (entry) => (entry as Entry).value ?? null,
  decode: (raw, path, to) => {
    if (raw === null) return {};
    const value = textCodec.decode(raw, path, to);
    return value === undefined ? undefined : { value };
  },
  // So that `null` is told from an empty text.
  zero: undefined,
};

const DYNAMIC: Codec<DynamicMeta> = converted<DynamicMeta, Readonly<Record<string, Entry>>>(
  mapOf(ENTRY),
  ({ set, unset }) =>
    Object.fromEntries([
      ...Object.entries(set).map(([key, value]): [string, Entry] => [key, { value }]),
      ...unset.map((key): [string, Entry] => [key, {}]),
    ]),
  (entries) => {
    const all = Object.entries(entries);
    const set = all.flatMap(([key, { value }]) => (value === undefined ? [] : [[key, value]]));
    const unset = all.flatMap(([key, { value }]) => (value === undefined ? [key] : []));
    return { set: Object.fromEntries(set) as Record<string, string>, unset };
  },
);

export const NODE_METADATA: Shape<NodeMetadataAnswer> = shape({
  merged: textMap('Meta', {}),
  dynamic: nested('Dynamic', DYNAMIC, {}),
  configured: textMap('Static', {}),
});

export const NODE_META_CHANGE: Shape<NodeMetaChange> = shape({
  nodeId: text('NodeID'),
  change: nested('Meta', DYNAMIC, {}),
});
