/** The caller of the discovery API that a command line asks for: its address, token, datacenter. */
import { Api, type ApiOptions } from '../api/api.ts';
import { CONSUL } from '../api/consul/common-query.ts';
import { firstGiven } from './agent-api.ts';
import { DISCOVERY_FLAGS, type Flag, type FlagValues, type Invocation } from './command.ts';
import type { World } from './world.ts';

const DEFAULT_ADDRESS = 'http://127.0.0.1:8500';

/** Makes the caller from the flags, then the environment, then the defaults. */
export async function discoveryApi({ flags }: Invocation, world: World): Promise<Api> {
  const address = discoveryAddress(flags, world.env);
  return new Api(await options(flags, world), world.connect(address));
}

/** The flags of a command of its own, then those of every command that asks the discovery API. */
export function withDiscoveryFlags(...own: readonly Flag[]): readonly Flag[] {
  return [...own, ...DISCOVERY_FLAGS];
}

/** Where the agent answers, as a URL without a slash at its end. */
export function discoveryAddress(flags: FlagValues, env: World['env']): string {
  const typed = firstGiven(
    flags.text('http-addr'),
    env['MUSTER_HTTP_ADDR'],
    env['CONSUL_HTTP_ADDR'],
  );
  const address = typed ?? DEFAULT_ADDRESS;
  if (/^[a-z]+:\/\//i.test(address)) return address.replace(/\/+$/, '');
  const secure = /^(1|t|true)$/i.test(env['CONSUL_HTTP_SSL'] ?? '');
  return `${secure ? 'https' : 'http'}://${address.replace(/\/+$/, '')}`;
}

async function options(flags: FlagValues, { env, files }: World): Promise<ApiOptions> {
  const file = firstGiven(flags.text('token-file'), env['CONSUL_HTTP_TOKEN_FILE']);
  const token =
    flags.text('token') ??
    (file === undefined ? undefined : (await files.read(file)).trim()) ??
    firstGiven(env['MUSTER_HTTP_TOKEN'], env['CONSUL_HTTP_TOKEN']);
  const datacenter = flags.text('datacenter');
  return {
    dialect: CONSUL,
    ...(token === undefined ? {} : { token }),
    ...(datacenter === undefined ? {} : { datacenter }),
    ...(flags.has('stale') ? { stale: true } : {}),
  };
}
