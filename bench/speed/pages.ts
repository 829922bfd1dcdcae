import http from 'node:http';

/** What every contender answers with: the same bytes under the same path. */
export interface Page {
  readonly path: string;
  readonly body: string;
}

export type Headers = Readonly<Record<string, string>>;

/** The first `count` pages of the largest index, by their cursors, each asked twice: a page that was hit is known. */
export async function collectPages(
  url: string,
  headers: readonly Headers[],
  { count, limit }: { readonly count: number; readonly limit: number },
): Promise<Page[]> {
  const agent = new http.Agent({ keepAlive: true });
  const pages: Page[] = [];
  const first = `/api/indexes/idx-loyalty/profiles?limit=${limit}`;
  let path: string | undefined = first;
  // An index ends; another page size begins another chain.
  for (let chain = 0; pages.length < count; path = nextOf(pages.at(-1)?.body ?? '', first)) {
    if (path === undefined) {
      chain += 1;
      path = `/api/indexes/idx-loyalty/profiles?limit=${limit + chain}`;
    }
    pages.push({ path, body: await get(agent, url, path, headers[0] ?? {}) });
  }
  for (const one of headers) {
    for (const page of pages) await get(agent, url, page.path, one);
  }
  agent.destroy();
  return pages;
}

function nextOf(body: string, first: string): string | undefined {
  const { next_token: token }: { next_token?: string | null } = JSON.parse(body);
  return token ? `${first}&next_token=${encodeURIComponent(token)}` : undefined;
}

/** Throws for anything but 200: a figure of errors would be a fine one. */
export function get(agent: http.Agent, url: string, path: string, headers: Headers): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get(`${url}${path}`, { agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString('utf8'));
        else reject(new Error(`${path.split('?')[0]} was answered ${response.statusCode}`));
      });
    });
    request.on('error', reject);
  });
}
