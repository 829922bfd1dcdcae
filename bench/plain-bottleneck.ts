import http from 'node:http';
import type { AddressInfo } from 'node:net';
import axios from 'axios';
import Bottleneck from 'bottleneck';

/**
 * What is usually put in front of a rate-limited API, for comparison: look into a map, else `schedule` one call per
 * request. Arguments: the form of the limiter and the base URL of Amperity. Prints its own URL once it listens.
 */
const forms: Readonly<Record<string, Bottleneck.ConstructorOptions>> = {
  // The recipe for "10 per second" of Bottleneck's own documentation.
  reservoir: { reservoir: 10, reservoirRefreshAmount: 10, reservoirRefreshInterval: 1000 },
  minTime: { minTime: 100 },
};

const [form = '', upstreamUrl = ''] = process.argv.slice(2);
const limiter = new Bottleneck(forms[form]);
const amperity = axios.create({
  baseURL: upstreamUrl,
  headers: { authorization: 'Bearer sim-token', 'amperity-tenant': 'acme', 'api-version': '2025-07-31' },
  httpAgent: new http.Agent({ keepAlive: true }),
  responseType: 'arraybuffer',
  validateStatus: () => true,
});
const cache = new Map<string, Buffer>();

async function answer(path: string): Promise<{ status: number; body: Buffer }> {
  const known = cache.get(path);
  if (known !== undefined) return { status: 200, body: known };
  const { status, data } = await limiter.schedule(() => amperity.get<Buffer>(path));
  if (status === 200) cache.set(path, data);
  return { status, body: data };
}

const server = http.createServer((request, response) => {
  answer((request.url ?? '').replace(/^\/api/, '')).then(
    ({ status, body }) => response.writeHead(status, { 'content-type': 'application/json' }).end(body),
    () => response.writeHead(502).end(),
  );
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
