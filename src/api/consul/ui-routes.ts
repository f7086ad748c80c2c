/** What consoles made for Consul ask for. Consul has no page about it. */
import type { CatalogNode } from '../../core/model/catalog.ts';
import type { NodeDump, ServiceSummary } from '../../core/state/reads-ui.ts';
import { shape, type Shape } from '../codec/codec.ts';
import { bool, int, list, listOf, text, textMap, texts } from '../codec/fields.ts';
import { read } from '../route.ts';
import { omitEmpty, SERVICE_INSTANCE } from './catalog-codec.ts';
import { HEALTH_CHECK } from './health-codec.ts';
import { ROWS_QUERY } from './rows-query.ts';

export const SERVICE_SUMMARY: Shape<ServiceSummary> = omitEmpty(
  shape<ServiceSummary>(
    {
      kind: text('Kind'),
      name: text('Name'),
      datacenter: text('Datacenter'),
      tags: texts('Tags', []),
      nodes: texts('Nodes', []),
      instanceCount: int('InstanceCount'),
      checksPassing: int('ChecksPassing'),
      checksWarning: int('ChecksWarning'),
      checksCritical: int('ChecksCritical'),
      externalSources: texts('ExternalSources', []),
      connectedWithProxy: bool('ConnectedWithProxy'),
    },
    {
      GatewayConfig: {},
      TransparentProxy: false,
      ConnectNative: false,
      ConnectedWithGateway: false,
    },
  ),
  ['Kind'],
);

/** A node with its instances and all checks of both, in one. */
export interface UiNode extends CatalogNode, Pick<NodeDump, 'services' | 'checks'> {}

export const UI_NODE: Shape<UiNode> = shape<UiNode>({
  id: text('ID'),
  name: text('Node'),
  address: text('Address'),
  datacenter: text('Datacenter'),
  taggedAddresses: textMap('TaggedAddresses', {}),
  meta: textMap('Meta', {}),
  services: list('Services', SERVICE_INSTANCE, []),
  checks: list('Checks', HEALTH_CHECK, []),
  createIndex: undefined,
  modifyIndex: undefined,
});

export const uiServices = read({
  name: 'ui.services',
  path: '/v1/internal/ui/services',
  about: 'All services in figures, as a console lists them.',
  query: ROWS_QUERY,
  reply: listOf(SERVICE_SUMMARY),
});

export const uiNodes = read({
  name: 'ui.nodes',
  path: '/v1/internal/ui/nodes',
  about: 'All nodes with their instances and checks, as a console lists them.',
  query: ROWS_QUERY,
  reply: listOf(UI_NODE),
});

export const uiNode = read({
  name: 'ui.node',
  path: '/v1/internal/ui/node/:node',
  about: 'One node with its instances and checks; status 404 where there is none.',
  reply: UI_NODE,
});

export const UI_ROUTES = [uiServices, uiNodes, uiNode] as const;
