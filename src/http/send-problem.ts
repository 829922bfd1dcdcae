import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { GatewayError } from '../shared/errors.ts';
import { errorFields, type Log } from '../shared/log.ts';
import { asFailure, EdgeError, type ProblemSettings, problemOf } from './problem.ts';
import { contextOf } from './request-context.ts';
import { VARY } from './response-headers.ts';

/** `application/json` for whoever asks for that and not for problems; the bytes are the same. */
function mediaType(res: Response, settings: ProblemSettings): string {
  const accept = res.req.headers.accept ?? '';
  const onlyJson =
    accept.includes('application/json') && !accept.includes('problem+json') && !accept.includes('*/*');
  return onlyJson ? 'application/json' : settings.errorMediaType;
}

/** The last handler of the public and the admin app: every error of either ends here. */
export const sendProblem =
  (log: Log, settings: ProblemSettings): ErrorRequestHandler =>
  (error, _req, res, _next) => {
    const context = contextOf(res);
    const failure = asFailure(understood(error));
    context.code = failure.code;
    if (failure.code === 'internal')
      log.error({ requestId: context.requestId, ...errorFields(failure) }, 'defect');
    else if (failure.info.cause !== undefined) {
      log.debug({ requestId: context.requestId, ...errorFields(failure) }, 'refused');
    }
    if (res.headersSent) return res.destroy();
    const { status, retryAfterS, body } = problemOf(failure, context, settings);
    // Not `res.set`, which would add a charset parameter.
    res.status(status).setHeader('Content-Type', mediaType(res, settings));
    res.set({ 'Content-Length': String(body.length), 'Cache-Control': 'no-store', Vary: VARY });
    if (retryAfterS !== undefined) res.set('Retry-After', String(retryAfterS));
    if (failure.code === 'unauthenticated') res.set('WWW-Authenticate', 'Bearer realm="amperity-gateway"');
    return res.end(body);
  };

/** Express reports a path segment that does not decode as an error whose text repeats it. */
function understood(error: unknown): unknown {
  if (error instanceof URIError || (error instanceof Error && 'status' in error && error.status === 400)) {
    return new GatewayError('invalid_parameter', 'The path is not well-formed percent-encoded UTF-8.', {
      errors: [{ name: 'path', reason: 'must be well-formed percent-encoded UTF-8' }],
    });
  }
  return error;
}

export const notFound: RequestHandler = () => {
  throw new GatewayError(
    'not_found',
    'There is no such path. The gateway mirrors /api/indexes and what is below.',
  );
};

/** For a path that exists, with a method that it does not have (RFC 9110 §15.5.6). */
export const methodNotAllowed =
  (allow: string): RequestHandler =>
  (_req, res) => {
    res.set('Allow', allow);
    throw new EdgeError(405, 'method_not_allowed', `This path allows ${allow}.`);
  };
