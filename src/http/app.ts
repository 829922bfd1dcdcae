import cors from 'cors';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { GatewayError } from '../shared/errors.ts';
import { type AccessLog, followed } from './access-log.ts';
import { docsFiles } from './docs-page/docs-files.ts';
import { type ExportsParts, exportsRoutes } from './exports-routes.ts';
import { publicDocument } from './openapi/public-document.ts';
import { type ProfilesParts, profilesRoutes } from './profiles-routes.ts';
import { headerCount, queryLength, requestShape } from './request-shape.ts';
import { ALLOWED_HEADERS, EXPOSED_HEADERS } from './response-headers.ts';
import { methodNotAllowed, notFound, sendProblem } from './send-problem.ts';
import { jsonAnswer, staticRoutes } from './static-routes.ts';
import { tokenRoute } from './token-route.ts';
import { type UsageParts, usageRoute } from './usage-route.ts';

export interface AppParts extends ProfilesParts, ExportsParts, UsageParts {
  readonly accessLog: AccessLog;
  /** Whether pages of this origin may call; asked each time, since keys of pages come and go. */
  readonly isOrigin: (origin: string) => boolean;
  /** Whose `X-Forwarded-For` is believed: how many proxies, or their networks. */
  readonly trustProxy: number | readonly string[];
}

/** The public listener's application. */
export function createApp(parts: AppParts): Express {
  const app = bareExpress();
  app.set('trust proxy', parts.trustProxy);
  app.use(followed(parts.accessLog));
  app.use(securityHeaders());
  app.use(headerCount);
  // Before a preflight is answered; what browsers send passes.
  app.use(requestShape);
  app.use(crossOrigin(parts.isOrigin));
  app.use(refusedPreflight);
  app.use(queryLength);
  app.get('/livez', (_req, res) => void res.type('text/plain').send('ok\n'));
  app.all('/livez', methodNotAllowed('GET, HEAD'));
  app.use(profilesRoutes(parts));
  app.use(exportsRoutes(parts));
  app.use(usageRoute(parts));
  app.use(tokenRoute());
  app.use(staticRoutes([jsonAnswer('/openapi.json', describedBy(parts)), ...docsFiles()]));
  app.use(notFound);
  app.use(sendProblem(parts.log, parts.problems));
  return app;
}

const describedBy = ({ amperity: { apiVersion }, export: { enabled } }: AppParts): object =>
  publicDocument({ apiVersion, hasExports: enabled });

/** Express without what it would do behind our back: parse queries, add validators, be lenient about paths. */
export function bareExpress(): Express {
  const app = express();
  app.set('query parser', false);
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.set('etag', false);
  app.disable('x-powered-by');
  return app;
}

/** What concerns an API; HSTS is left to whoever terminates TLS in front. */
export const securityHeaders = () =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    crossOriginOpenerPolicy: false,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    originAgentCluster: false,
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xFrameOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });

/** The same, as they are on every answer. */
export function securityHeaderList(): string[] {
  const headers: string[] = [];
  const setHeader = (name: string, value: string) => void headers.push(name, value);
  // Of a response helmet uses these two, and nothing of a request; its types want a whole one of each.
  const recorder = { setHeader, removeHeader: () => undefined } as unknown as Response;
  securityHeaders()({} as Request, recorder, () => undefined);
  return headers;
}

/** Exact origins, no cookies; preflight needs no credential (Fetch §4.8). */
const crossOrigin = (isOrigin: (origin: string) => boolean) =>
  cors({
    origin: (origin, answer) => answer(null, origin !== undefined && isOrigin(origin)),
    methods: ['GET', 'HEAD', 'QUERY', 'POST'],
    allowedHeaders: [...ALLOWED_HEADERS],
    exposedHeaders: [...EXPOSED_HEADERS],
    credentials: false,
    maxAge: 600,
  });

/**
 * A preflight that comes as far as this is of an origin that is not listed. Browsers show its page nothing, but its
 * developer the status, and the log has the code: a 405 would look like a mistake in the method.
 */
const refusedPreflight: RequestHandler = ({ method, headers }, _res, next) => {
  const asksForPage = headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
  if (method !== 'OPTIONS' || !asksForPage) return next();
  throw new GatewayError(
    'forbidden_origin',
    'Pages of this origin may not call; that needs it in cors.origins or in the origins of a browser key, exactly.',
  );
};
