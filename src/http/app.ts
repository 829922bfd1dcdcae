import cors from 'cors';
import express, { type Express } from 'express';
import helmet from 'helmet';
import type { Metrics } from '../shared/metrics.ts';
import { accessLog } from './access-log.ts';
import { type ExportsParts, exportsRoutes } from './exports-routes.ts';
import { type ProfilesParts, profilesRoutes } from './profiles-routes.ts';
import { headerCount, requestShape } from './request-shape.ts';
import { EXPOSED_HEADERS } from './response-headers.ts';
import { methodNotAllowed, notFound, sendProblem } from './send-problem.ts';

export interface AppParts extends ProfilesParts, ExportsParts {
  readonly metrics: Metrics;
  readonly corsOrigins: readonly string[];
}

/** The public listener's application. */
export function createApp(parts: AppParts): Express {
  const app = bareExpress();
  app.use(accessLog(parts.log, parts.metrics, parts.clock));
  app.use(securityHeaders());
  app.use(headerCount);
  if (parts.corsOrigins.length > 0) app.use(crossOrigin(parts.corsOrigins));
  app.use(requestShape);
  app.get('/livez', (_req, res) => void res.type('text/plain').send('ok\n'));
  app.all('/livez', methodNotAllowed('GET, HEAD'));
  app.use(profilesRoutes(parts));
  app.use(exportsRoutes(parts));
  app.use(notFound);
  app.use(sendProblem(parts.log, parts.problems));
  return app;
}

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

const ALLOWED_HEADERS = [
  'Authorization',
  'X-API-Key',
  'amperity-tenant',
  'api-version',
  'Content-Type',
  'Prefer',
  'Cache-Control',
  'If-None-Match',
  'X-Request-Id',
  'traceparent',
];

/** Exact origins, no cookies; preflight needs no credential (Fetch §4.8). */
const crossOrigin = (origins: readonly string[]) =>
  cors({
    origin: [...origins],
    methods: ['GET', 'HEAD'],
    allowedHeaders: ALLOWED_HEADERS,
    exposedHeaders: EXPOSED_HEADERS,
    credentials: false,
    maxAge: 600,
  });
