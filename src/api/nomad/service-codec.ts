/** Services and checks of a job, on the wire. */
import type { Check, CheckRestart, Service } from '../../core/model/service.ts';
import { OMIT, shape, type Shape } from '../codec/codec.ts';
import { bool, duration, int, list, listOf, map, maybe } from '../codec/fields.ts';
import { nested, text, textCodec, textMap, texts } from '../codec/fields.ts';
import { CONNECT } from './connect-codec.ts';
import { IDENTITY } from './identity-codec.ts';

const CHECK_RESTART: Shape<CheckRestart> = shape({
  limit: int('Limit'),
  graceMs: duration('Grace', null),
  ignoreWarnings: bool('IgnoreWarnings'),
});

const CHECK: Shape<Check> = shape(
  {
    name: text('Name'),
    type: text('Type'),
    command: text('Command'),
    args: texts('Args'),
    path: text('Path'),
    protocol: text('Protocol'),
    portLabel: text('PortLabel'),
    addressMode: text('AddressMode'),
    expose: bool('Expose'),
    method: text('Method'),
    body: text('Body'),
    header: map('Header', listOf(textCodec)),
    intervalMs: duration('Interval'),
    timeoutMs: duration('Timeout'),
    initialStatus: text('InitialStatus'),
    tlsServerName: text('TLSServerName', OMIT),
    tlsSkipVerify: bool('TLSSkipVerify'),
    grpcService: text('GRPCService'),
    grpcUseTls: bool('GRPCUseTLS'),
    aliasService: text('AliasService', OMIT),
    taskName: text('TaskName'),
    checkRestart: maybe(nested('CheckRestart', CHECK_RESTART)),
    successBeforePassing: int('SuccessBeforePassing'),
    failuresBeforeCritical: int('FailuresBeforeCritical'),
    failuresBeforeWarning: int('FailuresBeforeWarning', OMIT),
    onUpdate: text('OnUpdate'),
  },
  { Id: '' },
);

export const SERVICE: Shape<Service> = shape(
  {
    name: text('Name'),
    taskName: text('TaskName'),
    portLabel: text('PortLabel'),
    addressMode: text('AddressMode'),
    address: text('Address', OMIT),
    tags: texts('Tags'),
    canaryTags: texts('CanaryTags'),
    enableTagOverride: bool('EnableTagOverride'),
    meta: textMap('Meta'),
    canaryMeta: textMap('CanaryMeta'),
    taggedAddresses: textMap('TaggedAddresses', OMIT),
    checks: list('Checks', CHECK),
    checkRestart: maybe(nested('CheckRestart', CHECK_RESTART)),
    connect: maybe(nested('Connect', CONNECT)),
    onUpdate: text('OnUpdate'),
    provider: text('Provider', OMIT),
    cluster: text('Cluster', OMIT),
    identity: maybe(nested('Identity', IDENTITY, OMIT)),
  },
  { Id: '' },
);
