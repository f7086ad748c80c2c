/**
 * The container that holds an allocation's network while its tasks come and go: the body of
 * `POST /containers/create`.
 *
 * P1: it may do nothing: no capability, no root, no file to write, no network of the engine's.
 */
import type { JsonObject } from '../../base/json.ts';

export interface PauseInput {
  readonly image: string;
  /** Empty: the image's own. */
  readonly command: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Empty: the engine chooses. */
  readonly hostname: string;
  /** The address that the host name stands for; empty: none. */
  readonly address: string;
  readonly dns?:
    | {
        readonly servers: readonly string[];
        readonly searches: readonly string[];
        readonly options: readonly string[];
      }
    | undefined;
}

/** Names and resolvers of every container that joins it come from this one. */
export function pauseBody(input: PauseInput): JsonObject {
  const { image, command, labels, hostname, address, dns } = input;
  const isNamed = hostname !== '' && address !== '';
  return {
    Image: image,
    ...(command.length === 0 ? {} : { Cmd: command }),
    Hostname: hostname,
    User: '65534:65534',
    Labels: labels,
    HostConfig: {
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      // The least that the engine takes.
      CpuShares: 2,
      Dns: dns?.servers ?? [],
      DnsSearch: dns?.searches ?? [],
      DnsOptions: dns?.options ?? [],
      ExtraHosts: isNamed ? [`${hostname}:${address}`] : [],
      LogConfig: { Type: 'none', Config: {} },
      AutoRemove: false,
      // Started anew it would have another network, which nobody joined.
      RestartPolicy: { Name: 'no' },
    },
  };
}
