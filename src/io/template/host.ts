/** What templates may use of this machine. */
import { createHash } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { HostAddress, TemplateHost } from '../../core/template/host.ts';

/** @param env variables that templates read */
export function templateHost(
  env: Readonly<Record<string, string | undefined>>,
): Omit<TemplateHost, 'now'> {
  return {
    env,
    hash: (algorithm, bytes) => createHash(algorithm).update(bytes).digest(),
    addresses,
  };
}

function addresses(): readonly HostAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, found]) =>
    (found ?? []).map(({ address, internal }) => ({
      interface: name,
      address,
      loopback: internal,
    })),
  );
}
