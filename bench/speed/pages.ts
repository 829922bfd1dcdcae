import http from 'node:http';

/** What every contender answers with: the same bytes under the same path. */
export interface Page {
  readonly path: string;
  readonly body: string;
}

export type Headers = Readonly<Record<string, string>>;

const INDEX = '/api/indexes/idx-loyalty/profiles';

/** `count` pages of about one size: the chain of the largest index, and where it ends one of pages a profile longer. */
export async function collectPages(
  url: string,
  headers: Headers,
  { count, limit }: { readonly count: number; readonly limit: number },
): Promise<Page[]> {
  const agent = new http.Agent({ keepAlive: true });
  const pages: Page[] = [];
  let size = limit;
  let token: string | undefined;
  while (pages.length < count) {
    const path = `${INDEX}?limit=${size}${token === undefined ? '' : `&next_token=${encodeURIComponent(token)}`}`;
    const { body } = await get(agent, url, path, headers);
    pages.push({ path, body });
    token = (JSON.parse(body) as { next_token?: string | null }).next_token ?? undefined;
    if (token === undefined) size += 1;
  }
  agent.destroy();
  return pages;
}

/** Asks for each of them by each credential, `times` over. */
export async function warm(
  url: string,
  pages: readonly Page[],
  headers: readonly Headers[],
  times = 1,
): Promise<void> {
  const agent = new http.Agent({ keepAlive: true });
  for (let time = 0; time < times; time += 1) {
    for (const one of headers) for (const { path } of pages) await get(agent, url, path, one);
  }
  agent.destroy();
}

/** Throws for anything but 200: a figure of errors would be a fine one. */
export function get(
  agent: http.Agent,
  url: string,
  path: string,
  headers: Headers,
): Promise<{ readonly body: string; readonly rawHeaders: readonly string[] }> {
  return new Promise((resolve, reject) => {
    const request = http.get(`${url}${path}`, { agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { rawHeaders, statusCode } = response;
        const body = Buffer.concat(chunks).toString('utf8');
        if (statusCode === 200) resolve({ body, rawHeaders });
        else reject(new Error(`${path.split('?')[0]} was answered ${statusCode}: ${body}`));
      });
    });
    request.on('error', reject);
  });
}
