import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/** A TCP proxy between gateway and upstream, for what the simulator cannot do to connections itself. */
export class FaultProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** How long a new connection stands before a byte passes: the cost of TCP and TLS set-up over distance. */
  setUpMs = 0;
  /** Refuses new connections and cuts those there are. */
  #refusing = false;
  /** Bytes of answers that still pass before everything is reset. */
  #allowance = Number.POSITIVE_INFINITY;

  constructor(server: Server) {
    this.#server = server;
  }

  static async to(target: string): Promise<FaultProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer({ pauseOnConnect: true });
    const proxy = new FaultProxy(server);
    server.on('connection', (socket) => proxy.#join(socket, { host: hostname, port: Number(port) }));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  url(path = ''): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  refuse(refusing: boolean): void {
    this.#refusing = refusing;
    if (refusing) this.cut();
  }

  /** Resets every connection. */
  cut(): void {
    for (const socket of this.#sockets) {
      // A reset while a shutdown is under way fails inside Node 20, which then never ends: it spins at its exit.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  /** Resets every connection once so many more bytes of answers have passed, in the middle of whatever they say. */
  cutAfter(bytes: number): void {
    this.#allowance = bytes;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(inbound: Socket, target: { host: string; port: number }): void {
    if (this.#refusing) {
      inbound.resetAndDestroy();
      return;
    }
    setTimeout(() => {
      if (inbound.destroyed) return;
      const outbound = createConnection(target);
      for (const socket of [inbound, outbound]) {
        socket.setNoDelay(true);
        this.#sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => {
          this.#sockets.delete(socket);
          inbound.destroy();
          outbound.destroy();
        });
      }
      inbound.pipe(outbound).pipe(this.#passing()).pipe(inbound);
      inbound.resume();
    }, this.setUpMs);
  }

  #passing(): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        const passed = chunk.subarray(0, this.#allowance);
        this.#allowance -= passed.length;
        if (this.#allowance > 0) return done(null, chunk);
        this.#allowance = Number.POSITIVE_INFINITY;
        done(null, passed);
        setImmediate(() => this.cut());
      },
    });
  }
}
