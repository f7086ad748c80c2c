/** Addresses to listen on, as flags give them: `:9999`, `0.0.0.0:9999`, `[::1]:9999`. */
import { isRefusal, type Refusal } from './options.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Without a host it is every address of the machine; port 0 is a free one. */
export function parseListenAddress(text: string): ListenAddress | Refusal {
  const found = /^(?:\[([0-9a-f:.]+)\]|([\w.-]*)):(\d{1,5})$/i.exec(text);
  const port = Number(found?.[3]);
  if (found === null || port > 65_535) return { refused: `"${text}" is not HOST:PORT` };
  const host = found[1] ?? found[2] ?? '';
  return { host: host === '' ? '0.0.0.0' : host, port };
}

/** Narrows the answer of `parseListenAddress`. */
export function isListenAddress(value: ListenAddress | Refusal): value is ListenAddress {
  return !isRefusal(value);
}
