import type { Config } from './config/config.ts';
import { assertTarget, upstreamTarget } from './query/upstream-target.ts';
import type { Clock } from './shared/clock.ts';
import type { CallOutcome, Metrics } from './shared/metrics.ts';
import type { PageRequest } from './shared/page-request.ts';
import { readSecret } from './shared/watched-file.ts';
import type { Amperity, UpstreamAnswer } from './upstream/amperity.ts';
import { AxiosAmperity } from './upstream/axios-amperity.ts';
import { ClientCredentialsToken } from './upstream/client-credentials-token.ts';
import { fileToken } from './upstream/file-token.ts';
import { staticToken } from './upstream/static-token.ts';
import type { TokenSource } from './upstream/token.ts';
import { UpstreamRequests } from './upstream/upstream-request.ts';

export interface Upstream {
  readonly amperity: Amperity;
  readonly tokens: TokenSource;
  readonly requests: UpstreamRequests;
}

/** The part of the composition root that faces Amperity: where the token comes from, and how calls are made. */
export function composeUpstream(
  config: Config,
  { clock, metrics, version }: { readonly clock: Clock; readonly metrics: Metrics; readonly version: string },
): Upstream {
  const { tenant, apiVersion, baseUrl } = config.amperity;
  const tokens = tokenSource(config, clock, metrics);
  const { maxBodyBytes, timeoutMs, connectTimeoutMs } = config.upstream;
  const maxSockets = config.budget.maxInFlight;
  const requests = new UpstreamRequests(
    { baseUrl, timeoutMs, connectTimeoutMs, maxBodyBytes, maxSockets },
    clock,
  );
  const amperity = new AxiosAmperity(
    {
      tenant,
      apiVersion,
      userAgent: `amperity-gateway/${version}`,
      maxBodyBytes,
      target: (request) => safeTarget(new URL(baseUrl), request, config.upstream.rawBrackets),
      onDeprecation: (header) => metrics.deprecations.inc({ header }),
    },
    requests,
    tokens,
    clock,
  );
  return { amperity, tokens, requests };
}

function tokenSource({ amperity, upstream }: Config, clock: Clock, metrics: Metrics): TokenSource {
  const { token, tenant } = amperity;
  if (token.kind === 'static') return staticToken(token.value);
  if (token.kind === 'file') {
    return fileToken(token.path, (outcome) => metrics.secretReloads.inc({ secret: 'token', outcome }));
  }
  const { clientId, clientSecret, tokenUrl } = token;
  const secret = () => (clientSecret.path === undefined ? clientSecret.value : readSecret(clientSecret.path));
  return new ClientCredentialsToken(
    { tokenUrl, tenant, clientId, clientSecret: secret, timeoutMs: upstream.connectTimeoutMs + 10_000 },
    clock,
    (outcome) => metrics.tokenRenewals.inc({ outcome }),
  );
}

function safeTarget(base: URL, request: PageRequest, rawBrackets: boolean): string {
  const target = upstreamTarget(request, { rawBrackets });
  assertTarget(base, target);
  return target;
}

/** As it is counted. */
export function callOutcome(answer: UpstreamAnswer): CallOutcome {
  switch (answer.kind) {
    case 'page':
      return 'ok';
    case 'absent':
    case 'refused':
      return 'client_error';
    case 'throttled':
      return 'throttled';
    case 'unauthorized':
    case 'tokenless':
      return 'auth';
    case 'unsent':
      return 'network';
    case 'failed':
      return answer.reason === 'bad_answer' ? 'server_error' : answer.reason;
  }
}
