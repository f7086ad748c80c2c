/** Service mesh wishes of a job. Kept and answered as written; the mesh itself is not run. */
import type { JsonObject } from '../../base/json.ts';
import type { LogConfig, TaskResources } from './resources.ts';

export interface Connect {
  readonly native: boolean;
  readonly gateway?: ConnectGateway;
  readonly sidecarService?: SidecarService;
  readonly sidecarTask?: SidecarTask;
}

/** Overrides of the proxy's task. */
export interface SidecarTask {
  readonly name?: string;
  readonly driver?: string;
  readonly user?: string;
  readonly config?: JsonObject;
  readonly env?: Readonly<Record<string, string>>;
  readonly resources?: TaskResources;
  readonly meta?: Readonly<Record<string, string>>;
  readonly killTimeoutMs?: number;
  readonly logConfig?: LogConfig;
  readonly shutdownDelayMs?: number;
  readonly killSignal?: string;
}

export interface SidecarService {
  readonly tags: readonly string[];
  readonly port: string;
  readonly proxy?: SidecarProxy;
  readonly disableDefaultTcpCheck: boolean;
}

export interface SidecarProxy {
  readonly localServiceAddress: string;
  readonly localServicePort: number;
  readonly expose?: { readonly paths: readonly ExposePath[] };
  readonly upstreams: readonly Upstream[];
  readonly config: JsonObject;
}

export interface ExposePath {
  readonly path: string;
  readonly protocol: string;
  readonly localPathPort: number;
  /** A port's label. */
  readonly listenerPort: string;
}

export interface Upstream {
  readonly destinationName: string;
  readonly localBindPort: number;
  readonly datacenter: string;
  readonly localBindAddress: string;
  readonly meshGateway?: { readonly mode: string };
}

export interface ConnectGateway {
  readonly proxy?: GatewayProxy;
  readonly ingress?: IngressGateway;
  readonly terminating?: { readonly services: readonly LinkedService[] };
  readonly mesh?: JsonObject;
}

export interface GatewayProxy {
  readonly connectTimeoutMs?: number;
  readonly bindTaggedAddresses: boolean;
  /** By listener. */
  readonly bindAddresses: Readonly<Record<string, GatewayBindAddress>>;
  readonly noDefaultBind: boolean;
  readonly dnsDiscoveryType: string;
  readonly config: JsonObject;
}

export interface GatewayBindAddress {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

export interface IngressGateway {
  readonly tls?: { readonly enabled: boolean };
  readonly listeners: readonly {
    readonly port: number;
    readonly protocol: string;
    readonly services: readonly { readonly name: string; readonly hosts: readonly string[] }[];
  }[];
}

export interface LinkedService {
  readonly name: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly sni: string;
}
