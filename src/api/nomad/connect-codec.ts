/** Service mesh wishes on the wire. */
import type {
  Connect,
  ConnectGateway,
  ExposePath,
  GatewayBindAddress,
  GatewayProxy,
  IngressGateway,
  LinkedService,
  SidecarProxy,
  SidecarService,
  SidecarTask,
  Upstream,
} from '../../core/model/connect.ts';
import { OMIT, shape, type Shape } from '../codec/codec.ts';
import {
  bool,
  duration,
  freeForm,
  int,
  list,
  map,
  maybe,
  nested,
  text,
  textMap,
  texts,
} from '../codec/fields.ts';
import { LOG_CONFIG } from './log-config-codec.ts';
import { RESOURCES } from './resources-codec.ts';

const EXPOSE_PATH: Shape<ExposePath> = shape({
  path: text('Path'),
  protocol: text('Protocol'),
  localPathPort: int('LocalPathPort'),
  listenerPort: text('ListenerPort'),
});

const UPSTREAM: Shape<Upstream> = shape({
  destinationName: text('DestinationName'),
  localBindPort: int('LocalBindPort'),
  datacenter: text('Datacenter'),
  localBindAddress: text('LocalBindAddress'),
  meshGateway: maybe(
    nested('MeshGateway', shape<{ readonly mode: string }>({ mode: text('Mode') })),
  ),
});

const SIDECAR_PROXY: Shape<SidecarProxy> = shape({
  localServiceAddress: text('LocalServiceAddress'),
  localServicePort: int('LocalServicePort'),
  expose: maybe(
    nested(
      'ExposeConfig',
      shape<{ readonly paths: readonly ExposePath[] }>({ paths: list('Path', EXPOSE_PATH) }),
    ),
  ),
  upstreams: list('Upstreams', UPSTREAM),
  config: freeForm('Config'),
});

const SIDECAR_SERVICE: Shape<SidecarService> = shape({
  tags: texts('Tags'),
  port: text('Port'),
  proxy: maybe(nested('Proxy', SIDECAR_PROXY)),
  disableDefaultTcpCheck: bool('DisableDefaultTCPCheck'),
});

const SIDECAR_TASK: Shape<SidecarTask> = shape({
  name: maybe(text('Name')),
  driver: maybe(text('Driver')),
  user: maybe(text('User')),
  config: maybe(freeForm('Config')),
  env: maybe(textMap('Env')),
  resources: maybe(nested('Resources', RESOURCES)),
  meta: maybe(textMap('Meta')),
  killTimeoutMs: maybe(duration('KillTimeout', null)),
  logConfig: maybe(nested('LogConfig', LOG_CONFIG)),
  shutdownDelayMs: maybe(duration('ShutdownDelay', null)),
  killSignal: maybe(text('KillSignal')),
});

const BIND_ADDRESS: Shape<GatewayBindAddress> = shape({
  name: text('Name'),
  address: text('Address'),
  port: int('Port'),
});

const GATEWAY_PROXY: Shape<GatewayProxy> = shape({
  connectTimeoutMs: maybe(duration('ConnectTimeout', null)),
  bindTaggedAddresses: bool('EnvoyGatewayBindTaggedAddresses'),
  bindAddresses: map('EnvoyGatewayBindAddresses', BIND_ADDRESS),
  noDefaultBind: bool('EnvoyGatewayNoDefaultBind'),
  dnsDiscoveryType: text('EnvoyDNSDiscoveryType'),
  config: freeForm('Config'),
});

type Listener = IngressGateway['listeners'][number];

const INGRESS: Shape<IngressGateway> = shape({
  tls: maybe(nested('TLS', shape<{ readonly enabled: boolean }>({ enabled: bool('Enabled') }))),
  listeners: list(
    'Listeners',
    shape<Listener>({
      port: int('Port'),
      protocol: text('Protocol'),
      services: list(
        'Services',
        shape<Listener['services'][number]>({ name: text('Name'), hosts: texts('Hosts') }),
      ),
    }),
  ),
});

const LINKED_SERVICE: Shape<LinkedService> = shape({
  name: text('Name'),
  caFile: text('CAFile', OMIT),
  certFile: text('CertFile', OMIT),
  keyFile: text('KeyFile', OMIT),
  sni: text('SNI', OMIT),
});

const GATEWAY: Shape<ConnectGateway> = shape({
  proxy: maybe(nested('Proxy', GATEWAY_PROXY)),
  ingress: maybe(nested('Ingress', INGRESS)),
  terminating: maybe(
    nested(
      'Terminating',
      shape<{ readonly services: readonly LinkedService[] }>({
        services: list('Services', LINKED_SERVICE),
      }),
    ),
  ),
  mesh: maybe(freeForm('Mesh')),
});

export const CONNECT: Shape<Connect> = shape({
  native: bool('Native'),
  gateway: maybe(nested('Gateway', GATEWAY)),
  sidecarService: maybe(nested('SidecarService', SIDECAR_SERVICE)),
  sidecarTask: maybe(nested('SidecarTask', SIDECAR_TASK)),
});
