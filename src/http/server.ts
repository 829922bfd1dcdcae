import http, {
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { HotPath } from './hot-path.ts';
import { EdgeError, type ProblemSettings, problemOf } from './problem.ts';
import { closeQueuedAnswers } from './queued-answers.ts';
import { createContext } from './request-context.ts';
import { MAX_HEADERS } from './request-shape.ts';

const MAX_HEADER_BYTES = 16_384;
/** A caller that takes none of its answer for this long is not reading it. */
const STALLED_WRITE_MS = 30_000;
const STALL_CHECK_MS = 5000;

export interface ServerParts {
  readonly app: RequestListener;
  /** Asked first whether it answers. */
  readonly hot?: HotPath;
  /** Told of what `hot` threw. */
  readonly onDefect?: (error: unknown) => void;
  /** Told of each request before `app` gets it. */
  readonly tells: RequestListener;
  readonly problems: ProblemSettings;
}

/** An HTTP server that slow or malformed clients cannot hold on to. Does not listen yet. */
export function createServer({ app, hot, onDefect, problems, tells }: ServerParts): Server {
  const latest = new WeakMap<Socket, IncomingMessage>();
  const queued = closeQueuedAnswers();
  const server = http.createServer(
    {
      // Slowloris: Node checks these two only every 30 s unless told otherwise.
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      connectionsCheckingInterval: 1000,
      // Longer than the idle time of any balancer in front, which then never sends into a closing connection.
      keepAliveTimeout: 65_000,
      maxHeaderSize: MAX_HEADER_BYTES,
      // Node's own refusal has no body; ours is a problem like any other.
      requireHostHeader: false,
    },
    (req, res) => {
      if (hot !== undefined && isAnswered(hot, req, res, onDefect)) return;
      latest.set(req.socket, req);
      queued(req, res);
      tells(req, res);
      app(req, res);
    },
  );
  server.maxConnections = 2000;
  server.maxRequestsPerSocket = 1000;
  // One more than may come, so that too many are seen to be too many.
  server.maxHeadersCount = MAX_HEADERS + 1;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // What fails is its body: one answer is all that it may get, and it has it or will have it.
    const isAnswered = latest.get(socket)?.complete === false;
    if (isAnswered) socket.destroySoon();
    else answerClientError(error, socket, problems);
  });
  // An expectation we do not know need not be refused (RFC 9110 §10.1.1), and what it expects is not of our doing.
  server.on('checkExpectation', (req, res) => server.emit('request', req, res));
  cutStalledWrites(server);
  return server;
}

/** A defect in front leaves the answer to the long way, which knows how to tell it, or at least to go on. */
function isAnswered(
  hot: HotPath,
  req: IncomingMessage,
  res: ServerResponse,
  onDefect: ServerParts['onDefect'],
): boolean {
  try {
    return hot(req, res);
  } catch (error) {
    if (res.headersSent) throw error;
    onDefect?.(error);
    return false;
  }
}

/** @param isShared whether workers of one supervisor take turns on the same port */
export function listen(
  server: Server,
  { host, port }: { host: string; port: number },
  isShared = false,
): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, exclusive: !isShared }, () => {
      server.off('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

/** Requests that never became one: Node's own answer has no body, and would tell the caller nothing. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket, problems: ProblemSettings): void {
  // An answer under way on this connection would be cut in two by another one, or mistaken for it.
  const isAnswering = Boolean((socket as { _httpMessage?: unknown })._httpMessage);
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering) {
    socket.destroy();
    return;
  }
  const refusal = clientRefusal(error.code);
  const ids = createContext(0);
  const { status, body } = problemOf(refusal, ids, problems);
  socket.end(
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nCache-Control: no-store\r\n` +
      `Content-Type: ${problems.errorMediaType}\r\nContent-Length: ${body.length}\r\nX-Request-Id: ${ids.requestId}\r\n\r\n${body}`,
  );
}

function clientRefusal(code: string | undefined): EdgeError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new EdgeError(
        431,
        'invalid_parameter',
        `Request line and headers exceed ${MAX_HEADER_BYTES} bytes.`,
      );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new EdgeError(408, 'invalid_parameter', 'The request did not arrive in time.');
    default:
      return new EdgeError(400, 'invalid_parameter', 'The request is not well-formed HTTP/1.1.');
  }
}

/** `server.timeout` would not do: it also cuts callers off who are only waiting for their answer. */
function cutStalledWrites(server: Server): void {
  const progress = new Map<Socket, { flushed: number; since: number }>();
  server.on('connection', (socket: Socket) => {
    progress.set(socket, { flushed: 0, since: 0 });
    socket.once('close', () => progress.delete(socket));
  });
  const timer = setInterval(() => {
    const now = performance.now();
    for (const [socket, seen] of progress) {
      const flushed = socket.bytesWritten - socket.writableLength;
      if (socket.writableLength === 0 || flushed !== seen.flushed)
        progress.set(socket, { flushed, since: now });
      else if (now - seen.since > STALLED_WRITE_MS) socket.destroy();
    }
  }, STALL_CHECK_MS);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}
