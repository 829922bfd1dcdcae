import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Request, RequestHandler, Response } from 'express';
import { GatewayError, type ParameterProblem } from '../shared/errors.ts';
import { headerValues } from '../shared/raw-headers.ts';
import { EdgeError } from './problem.ts';

const MAX_QUERY_BYTES = 4096;

/** Far more than any client sends. Each listener's server has to hand on more than these, or none would be missed. */
export const MAX_HEADERS = 100;

/** Headers of which a second one may be what some server on the way has read. */
const SINGLE = [
  'authorization',
  'x-api-key',
  'host',
  'origin',
  'sec-fetch-site',
  'content-type',
  'content-encoding',
  'amperity-tenant',
  'x-amperity-tenant',
  'api-version',
];

/** Connections on which a request was refused of which another server may have read more, or less. */
const ended = new WeakSet<Socket>();

/**
 * Refuses more headers than are read. Node leaves out those behind the first thousand without a word, among which could
 * be a second credential or `Host`, or the framing of a body.
 */
export const headerCount: RequestHandler = (req, res, next) => {
  if (req.rawHeaders.length / 2 > MAX_HEADERS) {
    end(req, res);
    throw new EdgeError(431, 'invalid_parameter', `The request has more than ${MAX_HEADERS} headers.`);
  }
  next();
};

/**
 * Refuses what is not plain HTTP/1.1 with one of each header that decides anything. Node keeps the
 * first of two `Host` headers and accepts `Transfer-Encoding: gzip, chunked`; a proxy in front may read either
 * otherwise, and two readings of one request are how requests are smuggled (RFC 9112 §11.2). So what follows on the
 * same connection is refused too, sent ahead as it may be, and the connection ends.
 */
export const requestShape: RequestHandler = (req, res, next) => {
  const problem = isEnded(req.socket) ? FOLLOWS : misshapen(req);
  if (problem !== undefined) {
    end(req, res);
    const { name, reason } = problem;
    throw new GatewayError('invalid_parameter', `The request is not acceptable: ${name} ${reason}.`, {
      errors: [problem],
    });
  }
  next();
};

/** Of a question that is too long a page may learn so, which it can only once it is known to be one that may call. */
export const queryLength: RequestHandler = (req, _res, next) => {
  if (rawQueryOf(req).length > MAX_QUERY_BYTES) {
    throw new EdgeError(414, 'invalid_parameter', `The query is longer than ${MAX_QUERY_BYTES} bytes.`);
  }
  next();
};

const FOLLOWS: ParameterProblem = { name: 'request', reason: 'must not follow one that was refused' };

/** Whether a request was refused on this connection after which no other one counts. */
export const isEnded = (socket: Socket): boolean => ended.has(socket);

function end(req: Request, res: Response): void {
  ended.add(req.socket);
  res.setHeader('Connection', 'close');
}

function misshapen(req: Request): ParameterProblem | undefined {
  if (req.httpVersion !== '1.1') return { name: 'HTTP version', reason: 'must be 1.1' };
  if (!req.url.startsWith('/')) {
    return { name: 'request target', reason: 'must be a path (RFC 9112 §3.2.1)' };
  }
  // Express would route by what stands before it, and turn backslashes into slashes.
  if (req.url.includes('#')) {
    return { name: 'request target', reason: 'must hold no fragment (RFC 9112 §3.2)' };
  }
  if (req.headers.host === undefined) return { name: 'host', reason: 'must be sent (RFC 9112 §3.2)' };
  const repeated = SINGLE.find((name) => headerValues(req.rawHeaders, name).length > 1);
  if (repeated !== undefined) return { name: repeated, reason: 'must be sent only once' };
  const encoding = req.headers['transfer-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') {
    return { name: 'transfer-encoding', reason: 'must be chunked if it is sent at all' };
  }
  const hasBody = encoding !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
  if (hasBody && (req.method === 'GET' || req.method === 'HEAD')) {
    return { name: 'body', reason: 'must not be sent with this method' };
  }
  return undefined;
}

/** The text after the first `?`, as it was sent. */
export function rawQueryOf(req: IncomingMessage): string {
  const url = req.url ?? '';
  const mark = url.indexOf('?');
  return mark === -1 ? '' : url.slice(mark + 1);
}
