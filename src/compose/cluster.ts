/** What a server has to do with other agents: nothing, unless it is to be found by them. */
import type { AgentConfig, ServerSettings } from '../core/agent-config/config.ts';
import type { Cluster, ClusterParts, Peering, PeeringWorld } from './cluster-parts.ts';

/**
 * A server of several waits here until it has found others; one alone in `-dev` does not listen, so
 * that nobody can mistake it for a real one.
 */
export async function openPeering(
  config: AgentConfig,
  settings: ServerSettings,
  world: PeeringWorld,
): Promise<Peering> {
  const own = `${config.addresses.rpc}:${config.ports.rpc}`;
  if (settings.bootstrapExpect > 1 || settings.etcd.endpoints.length > 0) {
    const { openServerPeering } = await import('./several-servers.ts');
    return openServerPeering(config, settings, world);
  }
  const alone = { servers: () => [own], close: () => Promise.resolve() };
  if (config.dev && config.encrypt === '') {
    return { ...alone, join: (parts) => ({ ...hidden(own, parts), services: world.early }) };
  }
  const [{ buildDoor }, { loneCluster }] = await Promise.all([
    import('./door.ts'),
    import('./link.ts'),
  ]);
  return {
    ...alone,
    join: (parts) => {
      const cluster = loneCluster(config, buildDoor(config, parts), parts);
      return { ...cluster, services: [...cluster.services, ...world.early] };
    },
  };
}

/** A server that nobody else talks to. */
function hidden(own: string, { server, catalog, client }: ClusterParts): Omit<Cluster, 'services'> {
  const clientOf: Cluster['clientOf'] = (id) =>
    id === client()?.client.nodeId ? client()?.client.link : undefined;
  const previous = server.server.previousAllocs(clientOf);
  return {
    farewell: [],
    links: { servers: server.server.link, previous, catalog },
    leader: () => (server.server.operations.stats().leading ? own : ''),
    servers: () => [own],
    clientOf,
    federation: undefined,
    placed: (apps) => apps,
    serve: () => undefined,
  };
}
