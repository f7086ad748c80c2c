/** What may be asked of the state about discovery and coordination. Iterables are in key order. */
import type { CatalogNode, ServiceInstance } from '../model/catalog.ts';
import type { NodeCoordinate } from '../model/coordinate.ts';
import type { HealthCheck, HealthStatus } from '../model/health-check.ts';
import type { AllocId, JobId, Namespace } from '../model/ids.ts';
import type { KvPair } from '../model/kv.ts';
import type { PreparedQuery } from '../model/prepared-query.ts';
import type { Session, SessionId } from '../model/session.ts';
import type { UserEvent } from '../model/user-event.ts';
import type { TemplateRollout } from '../model/template-rollout.ts';
import type { Variable } from '../model/variable.ts';

/** Names of nodes and services are found without regard to case. */
export interface DiscoveryReader {
  catalogNode(name: string): CatalogNode | undefined;
  catalogNodes(): Iterable<CatalogNode>;
  catalogNodeById(id: string): CatalogNode | undefined;
  service(node: string, id: string): ServiceInstance | undefined;
  services(): Iterable<ServiceInstance>;
  servicesNamed(name: string): Iterable<ServiceInstance>;
  /** The proxies that stand before a service. */
  proxiesOf(name: string): Iterable<ServiceInstance>;
  servicesOnNode(node: string): Iterable<ServiceInstance>;
  servicesOfAlloc(id: AllocId): Iterable<ServiceInstance>;
  check(node: string, id: string): HealthCheck | undefined;
  checks(): Iterable<HealthCheck>;
  checksInStatus(status: HealthStatus): Iterable<HealthCheck>;
  /** Every check on a node, its instances' included. */
  checksOnNode(node: string): Iterable<HealthCheck>;
  /** The checks of a node itself. */
  checksOfNode(node: string): Iterable<HealthCheck>;
  /** The checks of one instance. */
  checksOfInstance(node: string, serviceId: string): Iterable<HealthCheck>;
  /** The checks of all instances of a service. */
  checksOfService(name: string): Iterable<HealthCheck>;
  kvPair(key: string): KvPair | undefined;
  kvPairs(prefix: string): Iterable<KvPair>;
  variable(namespace: Namespace, path: string): Variable | undefined;
  /** Those whose path begins so; without a namespace those of all. */
  variables(namespace: Namespace | undefined, prefix: string): Iterable<Variable>;
  /** Of a job's groups. */
  templateRollouts(namespace: Namespace, id: JobId): Iterable<TemplateRollout>;
  session(id: SessionId): Session | undefined;
  sessions(): Iterable<Session>;
  sessionsOnNode(node: string): Iterable<Session>;
  /** Of one node, or of all. */
  coordinates(node?: string): Iterable<NodeCoordinate>;
  preparedQuery(id: string): PreparedQuery | undefined;
  preparedQueries(): Iterable<PreparedQuery>;
  /** By its whole name, templates included. */
  preparedQueryNamed(name: string): PreparedQuery | undefined;
  queryTemplates(): Iterable<PreparedQuery>;
  /** Oldest first. */
  userEvents(): Iterable<UserEvent>;
}
