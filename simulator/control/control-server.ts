import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { nowUs } from '../journal/now-us.ts';
import { KnobProblem } from '../knobs/knob-problem.ts';
import { ArrivalReader } from '../request/arrival.ts';
import type { SimulatedApi } from '../simulated-api.ts';
import { ControlRefusal, controlRoutes } from './control-routes.ts';
import { readJson } from './read-json.ts';
import { streamJournal } from './stream-journal.ts';

/** The control port: knobs, faults, data changes, journal, and the trap redirects lead into. */
export function createControlServer(api: SimulatedApi): Server {
  const arrivals = new ArrivalReader();
  return createServer((req, res) => {
    if (/^\/trap(?![^/?])/.test(req.url ?? '')) {
      springTrap(api, arrivals, req, res);
      return;
    }
    answer(api, req, res).catch((error: unknown) => {
      const status =
        error instanceof ControlRefusal ? error.status : error instanceof KnobProblem ? 400 : 500;
      const message = error instanceof Error ? error.message : String(error);
      if (status === 500) process.stderr.write(`simulator: ${(error as Error).stack ?? message}\n`);
      if (res.headersSent) res.destroy();
      else sendJson(res, status, { status, message });
    });
  });
}

async function answer(api: SimulatedApi, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(`http://control${req.url ?? '/'}`);
  if (req.method === 'GET' && url.pathname === '/journal') return streamJournal(api.journal, url, res);
  const methods = Object.hasOwn(controlRoutes, url.pathname) ? controlRoutes[url.pathname] : undefined;
  if (!methods) throw new ControlRefusal(404, `there is no ${url.pathname} on the control port`);
  const method = req.method ?? 'GET';
  const act = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (!act) {
    res.setHeader('allow', Object.keys(methods).join(', '));
    throw new ControlRefusal(405, `${url.pathname} understands ${Object.keys(methods).join(', ')}`);
  }
  sendJson(res, 200, await act(api, await readJson(req)));
}

/** Whatever arrives here followed a redirect that must not be followed. */
function springTrap(
  api: SimulatedApi,
  arrivals: ArrivalReader,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  const { number, remote } = arrivals.connection(req.socket);
  const record = api.journal.arrive(nowUs(), 'none', {
    family: 'trap',
    route: 'trap',
    target: req.url ?? '/trap',
    tenant: null,
    index: null,
    filters: 0,
    cursor: false,
    with_total: false,
    token: null,
    conn: number,
    remote,
    user_agent: req.headers['user-agent'] ?? null,
    header_names: arrivals.headerNames(req),
  });
  record.status = 200;
  res.once('close', () => {
    record.aborted = !res.writableFinished;
    api.journal.finish(record);
  });
  const body = JSON.stringify({ data: [], trapped: true });
  record.bytes = body.length;
  res.setHeader('content-type', 'application/json').end(body);
}

function sendJson(res: ServerResponse, status: number, value: unknown): void {
  res.statusCode = status;
  res.setHeader('content-type', 'application/json').end(`${JSON.stringify(value)}\n`);
}
