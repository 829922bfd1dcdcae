import http from 'node:http';
import https from 'node:https';
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import type { Clock } from '../shared/clock.ts';

export interface ConnectionSettings {
  /** API root without a trailing slash. */
  readonly baseUrl: string;
  /** From the start of a call to the end of its answer. */
  readonly timeoutMs: number;
  /** Until the request is on the wire: name look-up, connection and TLS. */
  readonly connectTimeoutMs: number;
  /** Bound of an answer, before and after decompression. */
  readonly maxBodyBytes: number;
  /** Not fewer than calls may be in flight, or the agent would hold calls back and bunch them. */
  readonly maxSockets: number;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** As on the wire, still compressed. */
  readonly body: Buffer;
}

/**
 * How long a request on a new connection may be under way before it counts as sent. A proxy or balancer in between
 * accepts at once and only then connects further, so that calls on new connections arrive later than calls sent
 * after them on kept ones, and two windows' worth of calls could meet. An answer ends the doubt at once.
 */
const NEW_CONNECTION_MS = 250;

/**
 * Why there is no response. `unsent` and `unreachable`: nothing was asked, so no permit was used up; the first is our
 * own doing (too late after the grant, or ended before), the second is the upstream's.
 */
export type WireFailure = 'unsent' | 'unreachable' | 'timeout' | 'network' | 'too_large';

export interface WireCall {
  readonly headers: Readonly<Record<string, string>>;
  /** Monotonic instant after which the request may not go on the wire any more. */
  readonly sendBy: number;
  /** Aborted when it may not go on the wire any more; of no effect on one that is. */
  readonly revoked?: AbortSignal;
  readonly onSent: () => void;
  readonly signal: AbortSignal;
}

/**
 * GET requests to one fixed origin by axios, with everything off that could send the token elsewhere or read
 * without bound: redirects, proxies from the environment, absolute URLs, silent parsing and decompression.
 * An AxiosError holds token and filters, so none leaves this file.
 */
export class UpstreamRequests {
  readonly #settings: ConnectionSettings;
  readonly #axios: AxiosInstance;
  readonly #agents: readonly http.Agent[];
  readonly #native: typeof http | typeof https;
  readonly #clock: Clock;

  constructor(settings: ConnectionSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#native = settings.baseUrl.startsWith('https:') ? https : http;
    const pool = { keepAlive: true, maxSockets: settings.maxSockets, maxFreeSockets: settings.maxSockets };
    const httpAgent = new http.Agent(pool);
    const httpsAgent = new https.Agent({ ...pool, minVersion: 'TLSv1.2', rejectUnauthorized: true });
    this.#agents = [httpAgent, httpsAgent];
    this.#axios = axios.create({
      adapter: 'http',
      baseURL: settings.baseUrl,
      allowAbsoluteUrls: false,
      httpAgent,
      httpsAgent,
      proxy: false,
      maxRedirects: 0,
      maxBodyLength: 16_384,
      maxContentLength: settings.maxBodyBytes,
      decompress: false,
      responseType: 'arraybuffer',
      transformRequest: [(data) => data],
      transformResponse: [(data) => data],
      transitional: { clarifyTimeoutError: true, silentJSONParsing: false, forcedJSONParsing: false },
      validateStatus: () => true,
    });
  }

  /** `target` is path and query below the base URL, already encoded. Never rejects. */
  async get(target: string, call: WireCall): Promise<WireResponse | WireFailure> {
    const { revoked } = call;
    let sent = false;
    let timedOut = false;
    let tooLate = false;
    const controller = new AbortController();
    const onAbort = (): void => controller.abort();
    call.signal.addEventListener('abort', onAbort, { once: true });
    const onRevoked = (): void => {
      if (!sent) controller.abort();
    };
    revoked?.addEventListener('abort', onRevoked, { once: true });
    if (call.signal.aborted || revoked?.aborted) onAbort();
    const deadline = setTimeout(() => {
      timedOut = true;
      controller.abort();
    }, this.#settings.timeoutMs);
    const flushBy = call.sendBy - NEW_CONNECTION_MS;
    const connectMs = Math.min(this.#settings.connectTimeoutMs, flushBy - this.#clock.monotonic());
    const connecting = setTimeout(onAbort, Math.max(0, connectMs));
    try {
      const response: AxiosResponse<Buffer> = await this.#axios.get(target, {
        headers: call.headers,
        signal: controller.signal,
        // The lease of a permit begins when the request leaves, which only the request object itself can tell.
        transport: {
          request: (options: https.RequestOptions, onResponse: (response: http.IncomingMessage) => void) => {
            // A process that was held up between grant and send finds out here, before anything is written.
            tooLate = this.#clock.monotonic() >= flushBy;
            if (tooLate) throw new Error('too late to be sent');
            const request = this.#native.request(options, onResponse);
            request.once('finish', () => {
              clearTimeout(connecting);
              sent = true;
              whenArrived(request, call.onSent);
            });
            return request;
          },
        },
      });
      return { status: response.status, headers: response.headers, body: response.data };
    } catch (error) {
      if (!sent) return tooLate || call.signal.aborted || revoked?.aborted ? 'unsent' : 'unreachable';
      if (timedOut) return 'timeout';
      return isTooLarge(error) ? 'too_large' : 'network';
    } finally {
      clearTimeout(deadline);
      clearTimeout(connecting);
      call.signal.removeEventListener('abort', onAbort);
      revoked?.removeEventListener('abort', onRevoked);
    }
  }

  close(): void {
    for (const agent of this.#agents) agent.destroy();
  }
}

/** `request` has been handed to the network; calls back once it can be taken to have arrived. */
function whenArrived(request: http.ClientRequest, arrived: () => void): void {
  if (request.reusedSocket) {
    arrived();
    return;
  }
  const settle = (): void => {
    clearTimeout(timer);
    request.off('response', settle).off('close', settle);
    arrived();
  };
  const timer = setTimeout(settle, NEW_CONNECTION_MS);
  request.once('response', settle).once('close', settle);
}

/** axios has no code of its own for this case. */
const isTooLarge = (error: unknown): boolean =>
  axios.isAxiosError(error) && error.message.startsWith('maxContentLength');
