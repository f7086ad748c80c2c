/**
 * Checks as an agent is told to run them, on the wire. Names are read as they are written in
 * requests (`DeregisterCriticalServiceAfter`) and in files (`deregister_critical_service_after`).
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/agent/check
 */
import type { JsonObject } from '../../base/json.ts';
import type { CheckWish } from '../../core/registration/wish.ts';
import { OMIT, shape, type Shape } from '../codec/codec.ts';
import { bool, int, listOf, map, maybe, nested, rewritten } from '../codec/fields.ts';
import { text, textCodec, texts } from '../codec/fields.ts';
import { DURATION_TEXT } from './duration-codec.ts';

/** Reads names with underscores as those without: letters' case counts for nothing anyway. */
export function withoutUnderscores(wire: JsonObject): JsonObject {
  const names = Object.keys(wire);
  if (!names.some((name) => name.includes('_'))) return wire;
  return Object.fromEntries(names.map((name) => [name.replaceAll('_', ''), wire[name] ?? null]));
}

export const CHECK_BODY: Shape<CheckWish> = rewritten(
  shape<CheckWish>({
    id: text('ID', OMIT),
    checkId: text('CheckID', OMIT),
    name: text('Name', OMIT),
    notes: text('Notes', OMIT),
    serviceId: text('ServiceID', OMIT),
    status: text('Status', OMIT),
    args: texts('Args', OMIT),
    scriptArgs: texts('ScriptArgs', OMIT),
    dockerContainerId: text('DockerContainerID', OMIT),
    shell: text('Shell', OMIT),
    http: text('HTTP', OMIT),
    method: text('Method', OMIT),
    header: map('Header', listOf(textCodec), OMIT),
    body: text('Body', OMIT),
    disableRedirects: bool('DisableRedirects', OMIT),
    h2ping: text('H2PING', OMIT),
    h2pingUseTls: maybe(bool('H2PingUseTLS', OMIT)),
    tcp: text('TCP', OMIT),
    tcpUseTls: bool('TCPUseTLS', OMIT),
    udp: text('UDP', OMIT),
    grpc: text('GRPC', OMIT),
    grpcUseTls: bool('GRPCUseTLS', OMIT),
    osService: text('OSService', OMIT),
    tlsServerName: text('TLSServerName', OMIT),
    tlsSkipVerify: bool('TLSSkipVerify', OMIT),
    aliasNode: text('AliasNode', OMIT),
    aliasService: text('AliasService', OMIT),
    ttlMs: nested('TTL', DURATION_TEXT, OMIT),
    intervalMs: nested('Interval', DURATION_TEXT, OMIT),
    timeoutMs: nested('Timeout', DURATION_TEXT, OMIT),
    successBeforePassing: int('SuccessBeforePassing', OMIT),
    failuresBeforeWarning: int('FailuresBeforeWarning', OMIT),
    failuresBeforeCritical: int('FailuresBeforeCritical', OMIT),
    deregisterCriticalServiceAfterMs: nested('DeregisterCriticalServiceAfter', DURATION_TEXT, OMIT),
    outputMaxBytes: int('OutputMaxSize', OMIT),
  }),
  (wire) => withoutNothing(wire),
  (wire) => withoutScript(withoutUnderscores(wire)),
);

/** Before Consul 1.1 a command was one text, for a shell. */
function withoutScript(wire: JsonObject): JsonObject {
  const named = (name: string): string | undefined =>
    Object.keys(wire).find((key) => key.toLowerCase() === name);
  const script = wire[named('script') ?? ''];
  if (typeof script !== 'string' || script === '' || named('args') !== undefined) return wire;
  if (named('dockercontainerid') === undefined) return { ...wire, Args: ['sh', '-c', script] };
  return { ...wire, Args: [script], ...(named('shell') === undefined && { Shell: 'sh' }) };
}

/** Leaves out what says nothing, so that what is sent is as short as it was written. */
export function withoutNothing(wire: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(wire).filter(
      ([, value]) => value !== '' && value !== 0 && value !== false && value !== '0s',
    ),
  );
}
