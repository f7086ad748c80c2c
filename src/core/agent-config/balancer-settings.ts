/** The settings of the balancer, with every default filled in. */
import { isNetwork } from '../balancer/access.ts';
import type { Strategy } from '../balancer/pick.ts';
import { DEFAULT_BALANCER_SETTINGS, type BalancerSettings } from '../balancer/settings.ts';
import type { ConfigProblem } from './config-problem.ts';
import type { Reader } from './reader.ts';

export function balancerSettings(block: Reader, problems: ConfigProblem[]): BalancerSettings {
  const fallback = DEFAULT_BALANCER_SETTINGS;
  const settings: BalancerSettings = {
    strategy: strategy(block.text('strategy', 'rr'), problems),
    tagPrefix: block.text('tag_prefix', fallback.tagPrefix),
    noRouteStatus: block.count('no_route_status', fallback.noRouteStatus),
    dialTimeoutMs: block.count('dial_timeout', fallback.dialTimeoutMs),
    responseTimeoutMs: block.count('response_timeout', fallback.responseTimeoutMs),
    idleTimeoutMs: block.count('idle_timeout', fallback.idleTimeoutMs),
    drainTimeoutMs: block.count('drain_timeout', fallback.drainTimeoutMs),
    connectionsMax: block.count('max_connections', fallback.connectionsMax),
    accessLog: block.flag('access_log', fallback.accessLog),
    trustedProxies: block.texts('trusted_proxies'),
    certificateDir: block.text('certificate_dir', fallback.certificateDir),
    routesFile: block.text('routes_file', fallback.routesFile),
    auth: block.named('auth', (scheme, name) => ({
      realm: scheme.text('realm', name),
      users: scheme.record('users'),
    })),
  };
  problems.push(...mistakes(settings));
  return settings;
}

const STRATEGY_OF: Readonly<Record<string, Strategy>> = {
  rr: 'rr',
  least: 'least',
  rnd: 'random',
  random: 'random',
};

function strategy(text: string, problems: ConfigProblem[]): Strategy {
  const found = Object.hasOwn(STRATEGY_OF, text) ? STRATEGY_OF[text] : undefined;
  if (found !== undefined) return found;
  problems.push({ path: 'balancer.strategy', message: `"${text}" is none of rr, least, rnd` });
  return 'rr';
}

function mistakes(settings: BalancerSettings): ConfigProblem[] {
  const { noRouteStatus, tagPrefix, connectionsMax, trustedProxies, dialTimeoutMs } = settings;
  const found: ConfigProblem[] = [];
  const add = (name: string, message: string): void => {
    found.push({ path: `balancer.${name}`, message });
  };
  if (noRouteStatus < 400 || noRouteStatus > 599) {
    add('no_route_status', `${noRouteStatus} is no status of an error`);
  }
  if (tagPrefix === '') add('tag_prefix', 'is empty: every tag would be a route');
  if (connectionsMax < 1) add('max_connections', 'must be at least 1');
  if (dialTimeoutMs < 1) add('dial_timeout', 'must be longer than nothing');
  const wrong = trustedProxies.find((text) => !isNetwork(text));
  if (wrong !== undefined) add('trusted_proxies', `"${wrong}" is no address or network`);
  return found;
}
