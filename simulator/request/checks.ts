import type { ProfileTable } from '../data/profile-table.ts';
import type { SimulatedApi } from '../simulated-api.ts';
import { type Answer, errorAnswer, notFound } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { beginWalk, type Walk } from './list-answer.ts';
import { readListRequest, refuseUnknownQuery } from './list-request.ts';
import { limitedAnswer } from './rate-answer.ts';

const API_VERSION = '2025-07-31';

/** What a request has been found to ask for, once every check is passed. */
export interface Admission {
  readonly table: ProfileTable | undefined;
  readonly row: number | undefined;
  readonly walk: Walk | undefined;
}

/** The checks of a profile request in the order of the contract; the first failing one answers. */
export function check(api: SimulatedApi, exchange: Exchange): Admission | Answer {
  const { knobs, target } = exchange;
  const limitFirst = knobs['rate.position'] === 'first';
  const table = exchange.tenant ? api.catalogue.find(exchange.tenant, target.indexId ?? '') : undefined;
  const early =
    (limitFirst ? limit(api, exchange) : undefined) ??
    authenticate(exchange) ??
    authorise(exchange) ??
    versionOf(exchange) ??
    existence(exchange, table);
  if (early) return early;
  const walk = readParameters(api, exchange, table);
  if (walk && 'status' in walk) return walk;
  const late = limitFirst ? undefined : limit(api, exchange);
  return late ?? { table, row: table?.rowOfId(target.profileId ?? ''), walk };
}

/** Step 0: the path and its method. */
export function checkRoute({ req, target, knobs, serial }: Exchange): Answer | undefined {
  if (target.route === 'other') return notFound(knobs, serial);
  const allowed = target.route === 'token' ? 'POST' : 'GET';
  if (req.method === allowed) return undefined;
  return errorAnswer(knobs, 405, 'The method is not allowed.', serial, { allow: allowed });
}

function authenticate({ token, knobs, serial }: Exchange): Answer | undefined {
  return token ? undefined : errorAnswer(knobs, 401, 'The access token is missing or not valid.', serial);
}

function authorise({ tenant, token, target, knobs, serial }: Exchange): Answer | undefined {
  if (tenant === null || tenant !== token?.tenant) {
    return errorAnswer(knobs, Number(knobs['tenant.error']), 'The tenant is not valid.', serial);
  }
  if (target.indexId !== null && knobs['auth.forbidden'].includes(target.indexId)) {
    return errorAnswer(knobs, 403, 'The key may not read this index.', serial);
  }
  return undefined;
}

function versionOf({ req, knobs, serial }: Exchange): Answer | undefined {
  if (req.headers['api-version'] === API_VERSION) return undefined;
  return errorAnswer(knobs, Number(knobs['version.error']), 'The api-version is not supported.', serial);
}

function existence({ target, knobs, serial }: Exchange, table: ProfileTable | undefined): Answer | undefined {
  if (target.indexId === null) return undefined;
  const during = knobs['rebuild.during'];
  if (table?.state === 'building' && during === '503') {
    return errorAnswer(knobs, 503, 'The index is being built.', serial);
  }
  const hidden = table?.state === 'building' && during === '404';
  if (!table || hidden) return notFound(knobs, serial);
  const missing = target.profileId !== null && table.rowOfId(target.profileId) === undefined;
  return missing ? notFound(knobs, serial) : undefined;
}

function readParameters(
  api: SimulatedApi,
  exchange: Exchange,
  table: ProfileTable | undefined,
): Walk | Answer | undefined {
  const { knobs, target, serial } = exchange;
  const isList = target.route === 'indexes' || target.route === 'profiles';
  const request = isList
    ? readListRequest(knobs, target.query, target.route === 'profiles')
    : refuseUnknownQuery(knobs, target.query);
  if (request === undefined) return undefined;
  const walk =
    typeof request === 'string' ? request : beginWalk(exchange, request, table, api.ledger, api.cursorDraws);
  return typeof walk === 'string' ? errorAnswer(knobs, 400, walk, serial) : walk;
}

function limit(api: SimulatedApi, exchange: Exchange): Answer | undefined {
  const { knobs, arrivedUs, record, serial } = exchange;
  if (api.limiter.admit(knobs, arrivedUs, record.tenant, record.route)) return undefined;
  record.limited = true;
  return limitedAnswer(knobs, serial, Date.now());
}
