import http from 'node:http';
import https from 'node:https';
import axios from 'axios';
import type { Clock } from './clock.ts';

export interface JsonRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent by POST; without one it is a GET. */
  readonly form?: URLSearchParams;
  /** From the start to the end of the answer. */
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  /** PEM of the authorities that are trusted instead of those that Node brings along. */
  readonly ca?: string | undefined;
}

/** Why there is no JSON. `bad_status`: anything but 200, a redirect too. */
export type JsonRequestFailure = 'timeout' | 'unreachable' | 'bad_status' | 'not_json';

/**
 * One small request outside the profile budget: to a token endpoint, to an issuer. No redirect is followed, no proxy
 * of the environment used, certificates are always verified, and one connection serves one request. Never rejects:
 * an AxiosError holds credentials, so none leaves this file.
 */
export async function requestJson(
  { url, headers, form, timeoutMs, maxBodyBytes, ca }: JsonRequest,
  clock: Clock,
): Promise<{ readonly json: unknown } | { readonly failure: JsonRequestFailure }> {
  const deadline = new AbortController();
  const cancel = clock.after(timeoutMs, () => deadline.abort());
  const tls = { minVersion: 'TLSv1.2', rejectUnauthorized: true } as const;
  try {
    const { status, data } = await axios.request<string>({
      url,
      method: form === undefined ? 'GET' : 'POST',
      ...(form && { data: form.toString() }),
      adapter: 'http',
      headers: {
        accept: 'application/json',
        // What is not compressed cannot grow beyond `maxBodyBytes`.
        'accept-encoding': 'identity',
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...headers,
      },
      httpAgent: new http.Agent({ keepAlive: false }),
      httpsAgent: new https.Agent({ keepAlive: false, ...tls, ...(ca !== undefined && { ca }) }),
      decompress: false,
      maxBodyLength: 16_384,
      maxContentLength: maxBodyBytes,
      maxRedirects: 0,
      proxy: false,
      responseType: 'text',
      signal: deadline.signal,
      transformRequest: [(body) => body],
      transformResponse: [(body) => body],
      validateStatus: () => true,
    });
    return status === 200 ? parsed(data) : { failure: 'bad_status' };
  } catch {
    return { failure: deadline.signal.aborted ? 'timeout' : 'unreachable' };
  } finally {
    cancel();
  }
}

function parsed(body: string): { readonly json: unknown } | { readonly failure: 'not_json' } {
  try {
    return { json: JSON.parse(body) };
  } catch {
    return { failure: 'not_json' };
  }
}
