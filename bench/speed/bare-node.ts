import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { readServed } from './page-file.ts';

/** The least that Node can do: a map from URL to bytes, and nothing else. Argument: the file of the pages. */
const { headers, pages } = readServed(process.argv[2] ?? '');
const bodies = new Map(pages.map(({ path, body }) => [path, Buffer.from(body)]));

const server = http.createServer((request, response) => {
  const body = bodies.get(request.url ?? '');
  if (body === undefined) return void response.writeHead(404).end();
  response.writeHead(200, [...headers, 'Content-Length', String(body.length)]).end(body);
});
server.keepAliveTimeout = 65_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
