/**
 * TLS to an endpoint that is named by its IP address. The library would say that address where a
 * name is expected, which RFC 6066 does not allow and Node warns of.
 *
 * AC1: no name is sent, and the certificate must be for the address that was dialled.
 */
import { CallCredentials, ChannelCredentials, type experimental } from '@grpc/grpc-js';
import { connect, createSecureContext, type SecureContext } from 'node:tls';
import type { Socket } from 'node:net';

/** Without `ca` the system's authorities are trusted. */
interface Trust {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

type Create = ChannelCredentials['_createSecureConnector'];
type Connector = ReturnType<Create>;
type Connected = experimental.SecureConnectResult;

export class AddressCredentials extends ChannelCredentials {
  readonly #host: string;
  readonly #context: SecureContext;

  /** @param host the address without a port and brackets */
  constructor(host: string, trust: Trust) {
    super();
    this.#host = host;
    this.#context = createSecureContext(trust);
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(...[, , callCredentials]: Parameters<Create>): Connector {
    return {
      connect: (socket) => this.#secure(socket),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => callCredentials ?? CallCredentials.createEmpty(),
      destroy: () => undefined,
    };
  }

  /** AC1: without a `servername`, Node compares the certificate with `host`. */
  #secure(socket: Socket): Promise<Connected> {
    return new Promise((resolve, reject) => {
      const secured = connect({
        ...{ socket, host: this.#host, secureContext: this.#context },
        ALPNProtocols: ['h2'],
      });
      secured.once('secureConnect', () => resolve({ socket: secured, secure: true }));
      secured.on('error', reject);
    });
  }
}
