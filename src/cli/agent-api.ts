/** The caller of the API that a command line asks for: its address, token, namespace, region. */
import { Api, type ApiOptions } from '../api/api.ts';
import type { FlagValues } from './command.ts';
import type { World } from './world.ts';

const DEFAULT_ADDRESS = 'http://127.0.0.1:4646';

type Given = Pick<World, 'env' | 'connect'>;

/** Makes the caller from the flags, then the environment, then the defaults. */
export function agentApi(flags: FlagValues, world: Given): Api {
  const address = agentAddress(flags, world.env);
  return new Api(contextOf(flags, world.env), world.connect(address));
}

/** Where the agent is, as a URL without a slash at its end. */
export function agentAddress(flags: FlagValues, env: World['env']): string {
  const typed = firstGiven(flags.text('address'), env['MUSTER_ADDR'], env['NOMAD_ADDR']);
  const address = typed ?? DEFAULT_ADDRESS;
  const url = /^[a-z]+:\/\//i.test(address) ? address : `http://${address}`;
  return url.replace(/\/+$/, '');
}

/** What the flags say, else the environment, of whom and what a request is for. */
export function contextOf(flags: FlagValues, env: World['env']): ApiOptions {
  const token = firstGiven(flags.text('token'), env['MUSTER_TOKEN'], env['NOMAD_TOKEN']);
  const namespace = firstGiven(
    flags.text('namespace'),
    env['MUSTER_NAMESPACE'],
    env['NOMAD_NAMESPACE'],
  );
  const region = firstGiven(flags.text('region'), env['MUSTER_REGION'], env['NOMAD_REGION']);
  return {
    ...(token === undefined ? {} : { token }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(region === undefined ? {} : { region }),
  };
}

/** The first that says something: an empty variable does not, as an absent one. */
export function firstGiven(...values: readonly (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value !== '');
}
