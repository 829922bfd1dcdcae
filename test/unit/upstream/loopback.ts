import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** An HTTP server on loopback that answers as the test says and remembers what it was asked. */
export class Loopback {
  readonly received: Received[] = [];
  readonly #server: http.Server;
  readonly #sockets = new Set<Socket>();

  private constructor(answer: (asked: Received, res: ServerResponse, req: IncomingMessage) => void) {
    this.#server = http.createServer((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        const { method = '', url = '', headers } = req;
        const asked = { method, url, headers, body: Buffer.concat(chunks).toString() };
        this.received.push(asked);
        answer(asked, res, req);
      });
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async open(
    answer: (asked: Received, res: ServerResponse, req: IncomingMessage) => void,
  ): Promise<Loopback> {
    const loopback = new Loopback(answer);
    await new Promise<void>((resolve) => loopback.#server.listen(0, '127.0.0.1', resolve));
    return loopback;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
