import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { parse } from 'yaml';
import { ApiError } from './api-error.ts';
import { discovery } from './discovery.ts';
import { isMembers, type KubeObject, type Members } from './kube-object.ts';
import { decodeSecret, MAGIC } from './protobuf.ts';
import { list, watch } from './read.ts';
import { placeOf, targetOf } from './resource-kinds.ts';
import { createStore } from './store.ts';
import type { Validation } from './validation.ts';
import { write } from './write.ts';

export interface FakeApiServer {
  readonly url: string;
  objects(): KubeObject[];
  stop(): Promise<void>;
}

/** What helm and kubectl need of a cluster, in memory. Nothing runs; whatever is stored goes well at once. */
export async function startFakeApiServer(validate: Validation): Promise<FakeApiServer> {
  const store = createStore();
  const about = discovery();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://fake');
    const { method = '', headers } = request;
    const reply = (status: number, body: object) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    const told = about.get(pathname);
    if (told) return void reply(200, told);
    const target = targetOf(pathname);
    if (target === undefined) throw new ApiError(404, `there is no ${pathname}`);
    if (target.subresource === 'log') return void response.end('The log of a pod.\n');
    if (target.subresource) throw new ApiError(404, `there is no ${target.subresource}`);
    if (method === 'GET' && target.name === undefined) {
      if (query.get('watch')) return watch(target, query, store, response);
      return void reply(200, list(target, query, store));
    }
    const body = method === 'DELETE' ? {} : decode(await buffer(request));
    const place = placeOf(target, body);
    if (method === 'GET') {
      const found = store.find(place);
      if (found === undefined) throw new ApiError(404, `${place.kind} ${place.metadata.name} not found`);
      return void reply(200, found);
    }
    const contentType = headers['content-type'] ?? '';
    reply(...(await write({ method, contentType, place, body, query }, store, validate)));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const known = error instanceof ApiError ? error : new ApiError(500, String(error));
      response.writeHead(known.code, { 'Content-Type': 'application/json' }).end(JSON.stringify(known.body));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    objects: () => store.all(),
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}

function decode(body: Buffer): Members {
  if (body.subarray(0, MAGIC.length).equals(MAGIC)) return decodeSecret(body);
  const parsed: unknown = parse(body.toString());
  return isMembers(parsed) ? parsed : {};
}
