import { once } from 'node:events';
import http from 'node:http';
import handleTest from 'http-cache-tests/server/handle-test.mjs';
import { setConfig, stash } from 'http-cache-tests/server/utils.mjs';

/** By these the suite knows which answer of its origin it has before it. */
const BOOKKEEPING = ['Server-Request-Count', 'Client-Request-Count', 'Request-Numbers', 'Server-Now'];

/**
 * The suite's own origin in the place of Amperity. The gateway passes no header of the origin's back, so what the suite
 * has to find in each answer travels in its body; the headers that are to be judged are sent as the suite makes them.
 */
export async function startOrigin() {
  const callersAt = new Map();
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://origin');
    const id = pathname.split('/').at(-1);
    // The gateway sends no header of the caller's up either.
    request.headers['req-num'] = callersAt.get(id);
    carryInJson(response);
    handleTest([id], request, response);
  });
  // Shorter than the longest pause of a test, it would look like a failure of the origin's now and then.
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/api`,
    /** What the origin is to answer in the test `id`. */
    configure: (id, requests) => setConfig(id, requests),
    /** Says that the next request for `id` is caused by the caller's request of this number. */
    callerIsAt: (id, number) => callersAt.set(id, number),
    /** The requests that have reached the origin, as the suite itself keeps them. */
    requestsFor: (id) => stash.get(id) ?? [],
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What the suite answers with becomes the one member of `data`. */
function carryInJson(response) {
  const end = response.end.bind(response);
  response.end = (body) => {
    if (response.headersSent) return end(body);
    response.setHeader('Content-Type', 'application/json');
    const bookkeeping = BOOKKEEPING.map((name) => [name, String(response.getHeader(name))]);
    return end(JSON.stringify({ data: [body], bookkeeping, etag: response.getHeader('ETag') }));
  };
}
