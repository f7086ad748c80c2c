/** Networks as jobs ask for them, on the wire. */
import type { Dns, NetworkRequest, PortRequest } from '../../core/model/network.ts';
import { OMIT, shape, type Shape } from '../codec/codec.ts';
import { int, list, maybe, nested, text, texts } from '../codec/fields.ts';

const PORT: Shape<PortRequest> = shape({
  label: text('Label'),
  value: int('Value'),
  to: int('To'),
  hostNetwork: text('HostNetwork'),
});

const DNS: Shape<Dns> = shape({
  servers: texts('Servers'),
  searches: texts('Searches'),
  options: texts('Options'),
});

export const NETWORK: Shape<NetworkRequest> = shape({
  mode: text('Mode'),
  device: text('Device'),
  cidr: text('CIDR'),
  ip: text('IP'),
  hostname: text('Hostname', OMIT),
  mbits: int('MBits', null),
  dns: maybe(nested('DNS', DNS)),
  reservedPorts: list('ReservedPorts', PORT),
  dynamicPorts: list('DynamicPorts', PORT),
});
