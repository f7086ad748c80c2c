/** A way to the agent that a test can cut: what is sent after that is lost, as on a broken cable. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class Link implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(to: number) {
    // What comes while the link is cut stays without an answer.
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: false }, (near) => {
      this.#keep(near);
      if (this.#isCut) return;
      const far = connect(to, '127.0.0.1');
      this.#keep(far);
      near.pipe(far).pipe(near);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        one.once('close', () => {
          if (!this.#isCut) other.destroy();
        });
      }
    });
  }

  static async to(port: number): Promise<Link> {
    const link = new Link(port);
    await new Promise<void>((resolve) => link.#server.listen(0, '127.0.0.1', resolve));
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  /** Whoever waited on the old connections finds them closed. */
  mend(): void {
    this.#isCut = false;
    this.#hangUp();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#hangUp();
    await closed;
  }

  #hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
