import { type IncomingHttpHeaders, request } from 'node:http';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** The body as JSON; throws when it is none. */
  json<T = ListBody>(): T;
}

export interface Profile {
  readonly id: string;
  readonly index_id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface ListBody {
  readonly data: readonly Profile[];
  readonly next_token?: string | null;
  readonly total?: number;
}

export interface CallOptions {
  readonly method?: string;
  /** Added to, or with `undefined` taken from, the headers of a correct request. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
}

/** What every request to the profile API carries. */
export const CORRECT_HEADERS = {
  'amperity-tenant': 'acme',
  'api-version': '2025-07-31',
  authorization: 'Bearer sim-token',
  accept: 'application/json',
};

export const SANDBOX_HEADERS = { 'amperity-tenant': 'acme-sb-12345', authorization: 'Bearer sim-token-sb' };

/** One request on a connection of its own; rejects when the connection breaks. */
export function call(base: string, path: string, options: CallOptions = {}): Promise<Reply> {
  const merged = Object.entries({ ...CORRECT_HEADERS, ...options.headers });
  const headers = Object.fromEntries(merged.filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
  return new Promise((resolve, reject) => {
    const req = request(base + path, { method: options.method ?? 'GET', headers, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        const body = Buffer.concat(chunks);
        const text = body.toString();
        resolve({
          status: res.statusCode ?? 0,
          headers: res.headers,
          body,
          text,
          json: () => JSON.parse(text),
        });
      });
    });
    req.on('error', reject);
    req.end(options.body);
  });
}

/** The query of a list, percent-encoded throughout. */
export function query(parameters: Readonly<Record<string, string | number | boolean>>): string {
  const parts = Object.entries(parameters).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  );
  return parts.length > 0 ? `?${parts.join('&')}` : '';
}

export interface Walked {
  readonly ids: readonly string[];
  readonly pages: readonly ListBody[];
}

/** Follows next_token to the end as a careful client does: absent, empty and null all end the walk. */
export async function walk(
  base: string,
  path: string,
  parameters: Readonly<Record<string, string | number | boolean>>,
  betweenPages: (page: number) => Promise<unknown> = async () => undefined,
): Promise<Walked> {
  const pages: ListBody[] = [];
  for (let token: string | undefined; ; ) {
    const next = token === undefined ? {} : { next_token: token };
    const reply = await call(base, path + query({ ...parameters, ...next }));
    if (reply.status !== 200) throw new Error(`page ${pages.length + 1}: ${reply.status} ${reply.text}`);
    const page = reply.json();
    pages.push(page);
    token = page.next_token || undefined;
    if (token === undefined) break;
    await betweenPages(pages.length);
  }
  return { ids: pages.flatMap(({ data }) => data.map(({ id }) => id)), pages };
}
