import type { AddressInfo } from 'node:net';
import express from 'express';
import { LRUCache } from 'lru-cache';
import { readServed } from './page-file.ts';

/** A plain Express route with the same look-up. Argument: the file of the pages. */
const cache = new LRUCache<string, Buffer>({ max: 10_000 });
for (const { path, body } of readServed(process.argv[2] ?? '').pages) cache.set(path, Buffer.from(body));

const app = express();
app.get('/api/indexes/:index/profiles', (request, response) => {
  const body = cache.get(request.originalUrl);
  if (body === undefined) return void response.status(404).end();
  response.set('Content-Type', 'application/json').send(body);
});
const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
server.keepAliveTimeout = 65_000;
