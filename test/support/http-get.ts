import http from 'node:http';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<http.IncomingHttpHeaders>;
  readonly body: Buffer;
  /** From the call to the last byte. */
  readonly tookMs: number;
}

export interface GetOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: http.Agent;
  readonly signal?: AbortSignal;
  readonly body?: string;
}

/** Sends `path` as it is: no normalisation of dots, brackets or encodings, as a URL client would do. */
export function httpGet(origin: string, path: string, options: GetOptions = {}): Promise<Reply> {
  const startedAt = performance.now();
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options;
    const request = http.request({ hostname, port, path, ...rest }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
          tookMs: performance.now() - startedAt,
        }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

export const json = (reply: Reply): Record<string, unknown> => JSON.parse(reply.body.toString('utf8'));
