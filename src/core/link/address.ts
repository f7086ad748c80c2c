/** Addresses of agents as people write them: `10.0.0.1`, `10.0.0.1:4647`, `[::1]:4647`, `db-1`. */
import { LINK_TEXT_MAX } from '../limits.ts';

export interface AgentAddress {
  readonly host: string;
  readonly port: number;
}

/** Reads an address; undefined: it is none. @param defaultPort where none is written */
export function parseAgentAddress(text: string, defaultPort: number): AgentAddress | undefined {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > LINK_TEXT_MAX || /[\s/@?#]/.test(trimmed))
    return undefined;
  // Of an IPv6 address without brackets, every colon is its own.
  if (trimmed.split(':').length > 2 && !trimmed.startsWith('[')) {
    return { host: trimmed, port: defaultPort };
  }
  const found = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(trimmed);
  const host = found?.[1] ?? found?.[2];
  if (found === null || host === undefined) return undefined;
  const port = found[3] === undefined ? defaultPort : Number(found[3]);
  return port > 0 && port <= 65_535 ? { host, port } : undefined;
}

/** Writes it so that it can be read again. */
export function formatAgentAddress({ host, port }: AgentAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
