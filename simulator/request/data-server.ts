import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { nowUs } from '../journal/now-us.ts';
import type { SimulatedApi } from '../simulated-api.ts';
import { ArrivalReader, bearerOf, namedTenant } from './arrival.ts';
import type { Exchange } from './exchange.ts';
import { tenantFamily } from './rate-limiter.ts';
import { serve } from './serve.ts';
import { readTarget } from './target.ts';

/** The data port. `controlPort` is where redirects to the trap point. */
export function createDataServer(api: SimulatedApi, controlPort: () => number): Server {
  const arrivals = new ArrivalReader();
  const onRequest = (req: IncomingMessage, res: ServerResponse) => {
    // First of all: the arrival time is what every budget claim rests on.
    const arrivedUs = nowUs();
    const exchange = openExchange(api, arrivals, req, res, arrivedUs);
    serve(api, exchange, controlPort()).catch((error: unknown) => {
      // A client that goes away in the middle of its own request is no fault of ours.
      if (!req.destroyed) process.stderr.write(`simulator: ${(error as Error).stack ?? error}\n`);
      res.destroy();
    });
  };
  // Node would answer these two itself, unjournalled: a request without Host, and one that expects something.
  const options = { keepAliveTimeout: api.knobs.values['http.keepalive_ms'], requireHostHeader: false };
  const server = createServer(options, onRequest);
  server.on('checkExpectation', onRequest);
  api.knobs.onChange((changed) => {
    if (changed.has('http.keepalive_ms')) server.keepAliveTimeout = api.knobs.values['http.keepalive_ms'];
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    recordUnreadable(api, arrivals, error.code, socket);
  });
  server.on('connect', (_req, socket: Socket) => recordUnreadable(api, arrivals, 'CONNECT', socket));
  return server;
}

function openExchange(
  api: SimulatedApi,
  arrivals: ArrivalReader,
  req: IncomingMessage,
  res: ServerResponse,
  arrivedUs: number,
): Exchange {
  const knobs = api.knobs.values;
  const url = req.url ?? '/';
  const target = readTarget(req.method ?? 'GET', url);
  const token = api.vault.find(bearerOf(req) ?? '', Date.now());
  const tenant = namedTenant(knobs, req, target.family);
  const knownTenant = tenant ?? token?.tenant ?? null;
  const { number, remote, onClose } = arrivals.connection(req.socket);
  const record = api.journal.arrive(arrivedUs, tenantFamily(knownTenant), {
    family: target.family,
    route: target.label,
    target: url,
    tenant: knownTenant,
    index: target.indexId,
    filters: target.filterCount,
    cursor: target.hasCursor,
    with_total: target.withTotal,
    token: token?.label ?? null,
    conn: number,
    remote,
    user_agent: req.headers['user-agent'] ?? null,
    header_names: arrivals.headerNames(req),
  });
  const gone = new AbortController();
  // An answer still waiting behind another one on its connection gets no `close` of its own.
  const finish = () => {
    if (!onClose.delete(finish)) return;
    record.aborted = !res.writableFinished;
    api.journal.finish(record);
    gone.abort();
  };
  onClose.add(finish);
  res.once('close', finish);
  const serial = api.nextSerial();
  return { req, res, knobs, target, record, arrivedUs, serial, tenant, token, gone: gone.signal };
}

/** A head that cannot be parsed, or asks for a tunnel, is journalled too. */
function recordUnreadable(
  api: SimulatedApi,
  arrivals: ArrivalReader,
  code: string | undefined,
  socket: Socket,
): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { number, remote } = arrivals.connection(socket);
  const record = api.journal.arrive(nowUs(), tenantFamily(null), {
    family: 'other',
    route: 'unreadable',
    target: '',
    tenant: null,
    index: null,
    filters: 0,
    cursor: false,
    with_total: false,
    token: null,
    conn: number,
    remote,
    user_agent: null,
    header_names: [],
  });
  record.status = code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  api.journal.finish(record);
  socket.end(`HTTP/1.1 ${record.status} Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
