/** `muster balancer`: the balancer without an agent around it, on the routes that one tells. */
import { runServices } from '../agent/lifecycle.ts';
import { loadConfig } from '../agent/load-config.ts';
import { askDependency } from '../api/template-answers.ts';
import { Balancer, type BalancerOptions } from '../balancer/balancer.ts';
import { CATALOG_KEYS } from '../core/balancer/settings.ts';
import { RemoteCatalog } from '../balancer/remote-catalog.ts';
import { explain, Failure } from '../base/failure.ts';
import { seeded } from '../base/random.ts';
import type { Invocation } from '../cli/command.ts';
import { discoveryApi } from '../cli/discovery-api.ts';
import type { World } from '../cli/world.ts';
import { isListenAddress, parseListenAddress } from '../core/balancer/listen-address.ts';
import { DEFAULT_BALANCER_SETTINGS, type BalancerSettings } from '../core/balancer/settings.ts';
import { systemClock } from '../io/clock.ts';
import { createLogger } from '../io/logger/logger.ts';
import type { ListenAt } from '../ports/balancer.ts';
import { balancerEdges } from './balancer.ts';

/** Answers 0 once it was told to end. Fails: `invalid` settings; as listening does. */
export async function balancerMain(invocation: Invocation, world: World): Promise<number> {
  const api = await discoveryApi(invocation, world);
  let options = await optionsOf(invocation, world);
  const logger = createLogger({ level: 'info', json: false }, (line) => process.stderr.write(line));
  const note = (line: string): void => logger.write('info', 'balancer', line);
  const catalog = new RemoteCatalog(
    { tagPrefix: () => options.settings.tagPrefix, keyPrefixes: CATALOG_KEYS },
    {
      ask: (dependency, index, signal) => askDependency(api, dependency, index, signal),
      ...{ clock: systemClock, note },
    },
  );
  const random = seeded(`${process.pid}/${Date.now()}`);
  const balancer = new Balancer(options, { catalog, ...balancerEdges(options), random, note });
  const stop = new AbortController();
  world.signal.addEventListener('abort', () => stop.abort(), { once: true });
  process.on('SIGTERM', () => stop.abort());
  process.on('SIGHUP', () => {
    optionsOf(invocation, world).then(
      (changed) => {
        options = changed;
        balancer.configure(changed);
        catalog.refresh();
        note('read the settings again');
      },
      (error: unknown) => note(`the settings stay as they are: ${explain(error)}`),
    );
  });
  await runServices([catalog, balancer], note, stop.signal);
  return 0;
}

async function optionsOf({ flags }: Invocation, world: World): Promise<BalancerOptions> {
  const tls = flags.text('tls-addr');
  const page = flags.text('ui-addr') ?? '127.0.0.1:9998';
  return {
    settings: await settingsOf(flags.list('config'), world),
    http: addressOf('addr', flags.text('addr') ?? ':9999'),
    ...(tls === undefined || tls === '' ? {} : { tls: addressOf('tls-addr', tls) }),
    ...(page === '' ? {} : { page: addressOf('ui-addr', page) }),
  };
}

function addressOf(name: string, text: string): ListenAt {
  const at = parseListenAddress(text);
  if (!isListenAddress(at)) throw new Failure('invalid', `-${name} ${at.refused}`);
  return at;
}

/** Of an agent's configuration files, the `balancer` blocks. */
async function settingsOf(paths: readonly string[], world: World): Promise<BalancerSettings> {
  if (paths.length === 0) return DEFAULT_BALANCER_SETTINGS;
  // As in `-dev`, it is wanted without being enabled.
  const flags = { dev: true, devDir: '/', paths, settings: {} };
  const files = {
    read: (path: string) => world.files.read(path),
    list: () => Promise.resolve(undefined),
  };
  const { balancer } = await loadConfig(flags, files);
  return balancer ?? DEFAULT_BALANCER_SETTINGS;
}
