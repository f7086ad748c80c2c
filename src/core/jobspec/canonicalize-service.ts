/** Services and checks with their defaults, and the names that they have when given none. */
import type {
  Connect,
  ConnectGateway,
  SidecarProxy,
  SidecarService,
  SidecarTask,
} from '../model/connect.ts';
import type { Draft } from '../model/draft.ts';
import type { Check, CheckRestart, Service } from '../model/service.ts';
import { canonicalizeResources } from './canonicalize-resources.ts';
import {
  CHECK_DEFAULTS,
  CHECK_RESTART_DEFAULTS,
  IDENTITY_DEFAULTS,
  LOG_DEFAULTS,
  SERVICE_DEFAULTS,
} from './defaults.ts';
import { fill } from './fill.ts';

/** Whose service it is. `task` is absent for a group's own. */
export type ServiceOwner = Readonly<{ job: string; group: string; task?: string }>;

/** A service with its defaults. */
export function canonicalizeService(written: Draft<Service>, owner: ServiceOwner): Service {
  const { checks, checkRestart, connect, identity, ...rest } = written;
  const plain = fill(SERVICE_DEFAULTS, rest);
  const ofTask = owner.task === undefined ? {} : { taskName: owner.task };
  const base = `${owner.job}-${owner.group}${owner.task === undefined ? '' : `-${owner.task}`}`;
  const name = expandName(plain.name === '' ? base : plain.name, owner, base);
  const onUpdate = plain.onUpdate;
  const restart = checkRestart === undefined ? {} : { checkRestart: restartOf(checkRestart) };
  return {
    ...plain,
    ...ofTask,
    name,
    checks: (checks ?? []).map((check) => canonicalizeCheck(check, { name, onUpdate, ...restart })),
    ...restart,
    ...(connect === undefined ? {} : { connect: canonicalizeConnect(connect) }),
    ...(identity === undefined ? {} : { identity: fill(IDENTITY_DEFAULTS, identity) }),
  };
}

/** The names that a service's name may hold. Source: Nomad's `service` block. */
function expandName(name: string, owner: ServiceOwner, base: string): string {
  const known: Readonly<Record<string, string>> = {
    JOB: owner.job,
    TASKGROUP: owner.group,
    TASK: owner.task ?? '',
    BASE: base,
  };
  return name.replace(/\$\{(JOB|TASKGROUP|TASK|BASE)\}/g, (_, word: string) => known[word] ?? '');
}

function restartOf(written: Draft<CheckRestart>): CheckRestart {
  return fill(CHECK_RESTART_DEFAULTS, written);
}

type CheckOwner = Readonly<{ name: string; onUpdate: string; checkRestart?: CheckRestart }>;

/** What the service says of all its checks holds where a check says nothing. */
function canonicalizeCheck(written: Draft<Check>, service: CheckOwner): Check {
  const { checkRestart, ...rest } = written;
  const defaults = {
    ...CHECK_DEFAULTS,
    name: `service: "${service.name}" check`,
    onUpdate: service.onUpdate,
  };
  const own = checkRestart === undefined ? service.checkRestart : restartOf(checkRestart);
  return { ...fill(defaults, rest), ...(own === undefined ? {} : { checkRestart: own }) };
}

function canonicalizeConnect(written: Draft<Connect>): Connect {
  const { native = false, gateway, sidecarService, sidecarTask } = written;
  return {
    native,
    ...(gateway === undefined ? {} : { gateway: canonicalizeGateway(gateway) }),
    ...(sidecarService === undefined
      ? {}
      : { sidecarService: canonicalizeSidecar(sidecarService) }),
    ...(sidecarTask === undefined ? {} : { sidecarTask: canonicalizeSidecarTask(sidecarTask) }),
  };
}

function canonicalizeSidecar(written: Draft<SidecarService>): SidecarService {
  const { proxy, ...rest } = written;
  const plain = fill<SidecarService>({ tags: [], port: '', disableDefaultTcpCheck: false }, rest);
  return proxy === undefined ? plain : { ...plain, proxy: canonicalizeProxy(proxy) };
}

function canonicalizeProxy(written: Draft<SidecarProxy>): SidecarProxy {
  const { upstreams, expose, ...rest } = written;
  const defaults = { localServiceAddress: '', localServicePort: 0, upstreams: [], config: {} };
  const paths = (expose?.paths ?? []).map((path) =>
    fill({ path: '', protocol: '', localPathPort: 0, listenerPort: '' }, path),
  );
  return {
    ...fill<SidecarProxy>(defaults, rest),
    upstreams: (upstreams ?? []).map((upstream) =>
      fill(
        { destinationName: '', localBindPort: 0, datacenter: '', localBindAddress: '' },
        upstream,
      ),
    ),
    ...(expose === undefined ? {} : { expose: { paths } }),
  };
}

function canonicalizeSidecarTask(written: Draft<SidecarTask>): SidecarTask {
  const { resources, logConfig, ...rest } = written;
  const plain = rest as SidecarTask;
  return {
    ...plain,
    ...(resources === undefined ? {} : { resources: canonicalizeResources(resources) }),
    ...(logConfig === undefined ? {} : { logConfig: fill(LOG_DEFAULTS, logConfig) }),
  };
}

function canonicalizeGateway(written: Draft<ConnectGateway>): ConnectGateway {
  const { proxy, ingress, terminating, mesh } = written;
  const proxyDefaults = {
    bindTaggedAddresses: false,
    bindAddresses: {},
    noDefaultBind: false,
    dnsDiscoveryType: '',
    config: {},
  };
  const listeners = (ingress?.listeners ?? []).map(({ port = 0, protocol = '', services }) => ({
    port,
    protocol,
    services: (services ?? []).map(({ name = '', hosts = [] }) => ({ name, hosts })),
  }));
  const tls = ingress?.tls === undefined ? {} : { tls: { enabled: ingress.tls.enabled ?? false } };
  const linked = { name: '', caFile: '', certFile: '', keyFile: '', sni: '' };
  return {
    ...(proxy === undefined ? {} : { proxy: fill(proxyDefaults, proxy) }),
    ...(ingress === undefined ? {} : { ingress: { listeners, ...tls } }),
    ...(terminating === undefined
      ? {}
      : {
          terminating: {
            services: (terminating.services ?? []).map((service) => fill(linked, service)),
          },
        }),
    ...(mesh === undefined ? {} : { mesh }),
  };
}
