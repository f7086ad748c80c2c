/** TCP connections, passed on as they are. */
import { connect, createServer, type Socket } from 'node:net';
import type {
  ListenAt,
  ProxyLimits,
  ProxyListener,
  Tunnel,
  TunnelTarget,
} from '../../ports/balancer.ts';
import { listening, type ProxyParts } from './http-proxy.ts';
import { join } from './join.ts';
import { CONNECTIONS_MAX } from './limits.ts';

export async function listenTcp(
  at: ListenAt,
  parts: Pick<ProxyParts, 'traffic' | 'limits'>,
): Promise<ProxyListener> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => open.delete(socket));
    const tunnel = parts.traffic.tunnel({ port }, socket.remoteAddress ?? '');
    if (tunnel === undefined) socket.destroy();
    else passTunnel(socket, tunnel, parts.limits);
  });
  server.maxConnections = CONNECTIONS_MAX;
  const port = await listening(server, at);
  return {
    port,
    close: async (graceMs) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const cut = setTimeout(() => {
        for (const socket of open) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}

/** Connects to a target, to the next where that fails; what came meanwhile is not read yet. */
export function passTunnel(socket: Socket, tunnel: Tunnel, limits: ProxyLimits): void {
  const target = tunnel.next();
  if (target === undefined) {
    socket.destroy();
    return;
  }
  const { host, port } = target;
  const towards = connect({ host, port, allowHalfOpen: true, noDelay: true });
  let isOver = false;
  const fail = (): void => {
    if (isOver) return;
    isOver = true;
    towards.destroy();
    tunnel.failed();
    if (!socket.destroyed) passTunnel(socket, tunnel, limits);
  };
  towards.setTimeout(limits.dialTimeoutMs, fail);
  towards.on('error', fail);
  const gone = (): void => {
    if (isOver) return;
    isOver = true;
    towards.destroy();
    tunnel.ended();
  };
  socket.once('close', gone);
  towards.once('connect', () => {
    isOver = true;
    towards.off('timeout', fail);
    socket.off('close', gone);
    towards.once('close', () => tunnel.ended());
    if (target.proxyProtocol) towards.write(proxyLine(socket, target));
    join(socket, towards, limits.idleTimeoutMs);
  });
}

/** Source: the PROXY protocol, version 1. */
function proxyLine(socket: Socket, target: TunnelTarget): string {
  const { remoteAddress = '', remotePort = 0, localPort = target.port } = socket;
  const from = remoteAddress.replace(/^::ffff:/, '');
  const to = (socket.localAddress ?? '').replace(/^::ffff:/, '');
  return `PROXY ${from.includes(':') ? 'TCP6' : 'TCP4'} ${from} ${to} ${remotePort} ${localPort}\r\n`;
}
