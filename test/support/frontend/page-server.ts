import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const here = (path: string): Buffer => readFileSync(fileURLToPath(new URL(path, import.meta.url)));

const FILES: Readonly<Record<string, { readonly type: string; readonly bytes: Buffer }>> = {
  '/': { type: 'text/html', bytes: here('index.html') },
  '/page.js': { type: 'text/javascript', bytes: here('page.js') },
  '/axios.min.js': {
    type: 'text/javascript',
    bytes: here('../../../node_modules/axios/dist/axios.min.js'),
  },
};

/** The web server of a frontend: an origin of its own on loopback. */
export class PageServer {
  readonly origin: string;
  readonly #server: http.Server;

  private constructor(server: http.Server) {
    this.#server = server;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<PageServer> {
    const server = http.createServer((req, res) => {
      const file = FILES[req.url ?? ''];
      res.statusCode = file === undefined ? 404 : 200;
      if (file !== undefined) res.setHeader('Content-Type', file.type);
      res.end(file?.bytes);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new PageServer(server);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
