import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import type { PageRequest } from '../shared/page-request.ts';
import type { Amperity, UpstreamAnswer, UpstreamCall } from './amperity.ts';
import { ACCEPT_ENCODING, decodeContent } from './content-coding.ts';
import { readErrorBody } from './error-body.ts';
import { readPageBody } from './page-body.ts';
import { cacheControl, isJson, retryAfterMs } from './response-headers.ts';
import type { TokenSource } from './token.ts';
import type { UpstreamRequests, WireFailure, WireResponse } from './upstream-request.ts';

export interface AmperityOptions {
  readonly tenant: string;
  readonly apiVersion: string;
  readonly userAgent: string;
  /** Bound of a body after decompression. */
  readonly maxBodyBytes: number;
  /** Path and query below the base URL; throws when they would not lead where they are meant to. */
  readonly target: (request: PageRequest) => string;
  /** Told when Amperity announces the end of what we use (RFC 9745, RFC 8594). */
  readonly onDeprecation: (header: 'deprecation' | 'sunset') => void;
}

/** Amperity by HTTP. Sends nothing of the caller's but the question, and passes no header back. */
export class AxiosAmperity implements Amperity {
  readonly #options: AmperityOptions;
  readonly #requests: UpstreamRequests;
  readonly #tokens: TokenSource;
  readonly #clock: Clock;

  constructor(options: AmperityOptions, requests: UpstreamRequests, tokens: TokenSource, clock: Clock) {
    this.#options = options;
    this.#requests = requests;
    this.#tokens = tokens;
    this.#clock = clock;
  }

  async get(request: PageRequest, call: UpstreamCall): Promise<UpstreamAnswer> {
    let token: string;
    try {
      token = await this.#tokens.current();
    } catch (error) {
      const message = error instanceof GatewayError ? error.message : 'There is no token for Amperity.';
      return { kind: 'tokenless', message };
    }
    let target: string;
    try {
      target = this.#options.target(request);
    } catch {
      const message = 'The call to Amperity could not be prepared.';
      return { kind: 'failed', reason: 'bad_answer', message, retryable: false };
    }
    const response = await this.#requests.get(target, { ...call, headers: this.#headers(token) });
    if (typeof response === 'string') return failure(response);
    this.#watchDeprecation(response);
    return this.#read(response, request, token, call.mayRenew);
  }

  #headers(token: string): Record<string, string> {
    return {
      accept: 'application/json',
      'accept-encoding': ACCEPT_ENCODING,
      'amperity-tenant': this.#options.tenant,
      'api-version': this.#options.apiVersion,
      authorization: `Bearer ${token}`,
      'user-agent': this.#options.userAgent,
    };
  }

  /** @param token the one that was sent; `mayRenew`: a refusal is to renew it */
  async #read(
    response: WireResponse,
    request: PageRequest,
    token: string,
    mayRenew: boolean,
  ): Promise<UpstreamAnswer> {
    const { status, headers } = response;
    const body = await decodeContent(response.body, headers['content-encoding'], this.#options.maxBodyBytes);
    const now = this.#clock.now();
    if (status === 200) return readPage(body, headers, request, now);
    const error = readErrorBody(body ?? Buffer.alloc(0), request, token);
    if (status === 404) return { kind: 'absent', cacheControl: cacheControl(headers, now) };
    if (status === 400) return { kind: 'refused', ...error };
    const wait = retryAfterMs(headers, now);
    const retryAfter = wait === undefined ? {} : { retryAfterMs: wait };
    if (status === 429) return { kind: 'throttled', ...retryAfter };
    const id = error.upstreamRequestId === undefined ? {} : { upstreamRequestId: error.upstreamRequestId };
    if (status === 401) {
      const renewed = mayRenew && (await this.#tokens.renew(token));
      return { kind: 'unauthorized', renewed, ...id };
    }
    if (status === 403 || status === 405) {
      const message = "Amperity does not let the gateway's credential read this.";
      return { kind: 'failed', reason: 'auth', message, retryable: false, ...id };
    }
    const retryable = [500, 502, 503, 504].includes(status);
    const message = `Amperity answered with status ${status}.`;
    const reason = status >= 500 ? 'server_error' : 'bad_answer';
    return { kind: 'failed', reason, message, retryable, ...retryAfter, ...id };
  }

  #watchDeprecation({ headers }: WireResponse): void {
    for (const header of ['deprecation', 'sunset'] as const) {
      if (headers[header] !== undefined) this.#options.onDeprecation(header);
    }
  }
}

function readPage(
  body: Buffer | undefined,
  headers: WireResponse['headers'],
  request: PageRequest,
  now: number,
): UpstreamAnswer {
  const list = request.route === 'profiles' || request.route === 'indexes';
  const page = body && isJson(headers) ? readPageBody(body, list, request.limit) : undefined;
  if (page === undefined) {
    const message = 'Amperity answered with something that is not the JSON it promises.';
    return { kind: 'failed', reason: 'bad_answer', message, retryable: false };
  }
  return { kind: 'page', page, cacheControl: cacheControl(headers, now) };
}

function failure(why: WireFailure): UpstreamAnswer {
  switch (why) {
    case 'unsent':
      return { kind: 'unsent' };
    case 'timeout':
      return {
        kind: 'failed',
        reason: 'timeout',
        message: 'Amperity did not answer in time.',
        retryable: true,
      };
    case 'too_large':
      return {
        kind: 'failed',
        reason: 'bad_answer',
        message: 'Amperity answered with more than the gateway takes.',
        retryable: false,
      };
    default:
      return {
        kind: 'failed',
        reason: 'network',
        message: 'Amperity could not be reached.',
        retryable: true,
      };
  }
}
