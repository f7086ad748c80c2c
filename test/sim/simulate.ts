/** What world a seed makes, and a run of it. */
import { seeded } from '../../src/base/random.ts';
import { between, chance } from './chance.ts';
import { Chaos } from './chaos.ts';
import { Cluster } from './cluster.ts';
import { simulateWorld, type Report, type Scenario } from './run.ts';
import { ServersChaos } from './servers-chaos.ts';
import { ServersCluster } from './servers-cluster.ts';

/** The size of a run follows from its seed: mostly small ones, which break sooner. */
export function scenarioOf(seed: string): Scenario {
  const [, kind] = /^(large|rollouts)/.exec(seed) ?? [];
  if (kind === 'large') {
    return { seed, clients: 100, jobs: 40, stormMs: 120_000, deedMs: 500, strikeMs: 1_500 };
  }
  // A breeze, in which rollouts come to their ends.
  if (kind === 'rollouts') {
    const pace = { stormMs: 480_000, deedMs: 7_000, strikeMs: 25_000 };
    return { seed, clients: 6, jobs: 4, onlyRollouts: true, ...pace };
  }
  const n = Math.floor(seeded(seed).next() * 27_720);
  const clients = 1 + (n % 12);
  return {
    seed,
    clients,
    jobs: 3 + (n % 11),
    stormMs: 240_000,
    deedMs: 2_000 + (n % 5) * 1_000,
    strikeMs: 2_000 + (n % 7) * 2_000,
  };
}

/** Fails: as `simulateWorld`. */
export async function simulate(scenario: Scenario): Promise<Report> {
  const cluster = new Cluster(scenario.seed, scenario.clients);
  return await simulateWorld(cluster, new Chaos(cluster), scenario);
}

/** Several servers: three, or five; as SIM_SERVERS says where it does. */
export async function simulateServers(seed: string, servers = serversOf(seed)): Promise<Report> {
  const n = Math.floor(seeded(seed).next() * 27_720);
  const clients = 2 + (n % 7);
  const cluster = new ServersCluster(seed, { servers, clients });
  return await simulateWorld(cluster, new ServersChaos(cluster), {
    ...{ seed, clients, jobs: 2 + (n % 5), stormMs: 150_000 },
    ...{ deedMs: 2_000 + (n % 5) * 1_000, strikeMs: strikeMsOf(seed) },
  });
}

/** Every other seed strikes fast: what is still under way is met by the next misfortune. */
function strikeMsOf(seed: string): number {
  const random = seeded(seed).fork('pace');
  const isFast = chance(random, 0.5);
  const n = between(random, 0, 6);
  return isFast ? 1_500 + n * 1_000 : 4_000 + n * 2_000;
}

function serversOf(seed: string): number {
  return seeded(seed).fork('servers').next() < 0.6 ? 3 : 5;
}
