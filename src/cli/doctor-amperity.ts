import { composeUpstream } from '../compose-upstream.ts';
import type { Config } from '../config/config.ts';
import type { Clock } from '../shared/clock.ts';
import { Metrics } from '../shared/metrics.ts';
import type { PageRequest } from '../shared/page-request.ts';
import type { UpstreamAnswer, UpstreamCall } from '../upstream/amperity.ts';
import { type Finding, findingsAbout } from './doctor-finding.ts';
import { withPermit } from './doctor-permit.ts';

const { fine, wrong } = findingsAbout('Amperity');
const aboutToken = findingsAbout('token');

/** Costs Amperity little, and needs no index that is known. */
const QUESTION: PageRequest = { route: 'indexes', filters: [], limit: 1, withTotal: false };
/** What the client allows itself beside the connection. */
const SPARE_MS = 1000;

const SOURCES = {
  static: 'AMPERITY_TOKEN',
  file: 'AMPERITY_TOKEN_FILE',
  clientCredentials: 'AMPERITY_TOKEN_URL',
} as const;

/** The token, and one call by it. */
export async function* examineAmperity(config: Config, clock: Clock): AsyncGenerator<Finding> {
  const { amperity, requests, tokens } = composeUpstream(config, {
    clock,
    metrics: new Metrics([]),
    version: 'doctor',
  });
  try {
    const token = await tokens.current().catch(() => undefined);
    if (token === undefined) {
      yield aboutToken.wrong(
        'none could be got, so no call was made; check AMPERITY_CLIENT_ID, the client secret and AMPERITY_TOKEN_URL, and that the URL can be reached from here',
      );
      return;
    }
    const endsAt = endOf(token);
    const source = SOURCES[config.amperity.token.kind];
    const ends = endsAt === undefined ? '' : `, ends ${new Date(endsAt).toISOString()}`;
    if (endsAt !== undefined && endsAt <= clock.now())
      yield aboutToken.wrong(`from ${source}${ends}; get another one`);
    else yield aboutToken.fine(`from ${source}${ends}`);

    const ask = async (grant: Pick<UpstreamCall, 'sendBy' | 'revoked' | 'onSent'>): Promise<Finding> => {
      const startedAt = clock.monotonic();
      const signal = new AbortController().signal;
      const answer = await amperity.get(QUESTION, { ...grant, mayRenew: false, signal });
      return answered(answer, Math.round(clock.monotonic() - startedAt), redis ? 'within' : 'beside');
    };
    const { redis, upstream } = config;
    yield redis === undefined
      ? await ask({ sendBy: clock.monotonic() + upstream.connectTimeoutMs + SPARE_MS, onSent: () => {} })
      : ((await withPermit({ config, redis, clock }, ask)) ?? withoutPermit);
  } finally {
    requests.close();
    tokens.close();
  }
}

const withoutPermit = wrong(
  'no call was made, because the fleet had no permit for it; mend what is said of Redis, or try again when less is asked',
);

function answered(answer: UpstreamAnswer, tookMs: number, where: 'within' | 'beside'): Finding {
  const call = `one call was made, ${where} the budget, and`;
  switch (answer.kind) {
    case 'page':
      return fine(`${call} answered after ${tookMs} ms`);
    case 'absent':
      return wrong(`${call} answered 404; check AMPERITY_BASE_URL, which ends with /api`);
    case 'refused':
      return wrong(`${call} answered 400; check AMPERITY_API_VERSION and AMPERITY_TENANT`);
    case 'throttled':
      return wrong(
        `${call} answered 429; somebody uses up the allowance: lower budget.rate, or find out who`,
      );
    case 'unauthorized':
      return wrong(`${call} answered 401; get another token, for the tenant of AMPERITY_TENANT`);
    case 'tokenless':
    case 'unsent':
      return wrong('no call was made; try again');
    case 'failed':
      return wrong(`${call} failed: ${answer.message} ${TO_MEND[answer.reason]}`);
  }
}

const TO_MEND = {
  auth: 'Ask for a credential with access to profile data, for the tenant of AMPERITY_TENANT',
  bad_answer: 'Check that AMPERITY_BASE_URL leads to the API and to no page for people',
  network: 'Check AMPERITY_BASE_URL, name service, TLS and what goes out from here',
  server_error: 'Try again later, and ask Amperity if it stays so',
  timeout: 'Try again later; upstream.timeoutMs may be too short',
} as const;

/** Of a token that is a JWT, in epoch ms; whether it is a good one only Amperity knows. */
function endOf(token: string): number | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return typeof exp === 'number' ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
