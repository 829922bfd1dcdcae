import { resolve } from 'node:path';
import { upstreamUrl } from './addresses.ts';
import type { ReadEnvironment } from './read-environment.ts';

/** Where the token for Amperity comes from. A `path` is absolute; its content was valid when it was read. */
export type TokenOrigin =
  | { readonly kind: 'static'; readonly value: string }
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'clientCredentials';
      readonly clientId: string;
      readonly clientSecret:
        | { readonly value: string; readonly path?: never }
        | { readonly path: string; readonly value?: never };
      readonly tokenUrl: string;
    };

const client = ['AMPERITY_CLIENT_ID', 'AMPERITY_CLIENT_SECRET', 'AMPERITY_TOKEN_URL'] as const;
const threeWays =
  'set exactly one of: AMPERITY_TOKEN; AMPERITY_TOKEN_FILE; ' +
  'AMPERITY_CLIENT_ID with AMPERITY_CLIENT_SECRET (or AMPERITY_CLIENT_SECRET_FILE) and AMPERITY_TOKEN_URL';

/** The one source that is set. Nothing when there is a problem, whether said here or already before. */
export function tokenSource(
  environment: ReadEnvironment,
  { cwd, allowHttp }: { cwd: string; allowHttp: boolean },
  problems: string[],
): TokenOrigin | undefined {
  const { values, files, given } = environment;
  const withToken = given.has('AMPERITY_TOKEN');
  const withClient = client.some((name) => given.has(name));
  if (withToken === withClient) {
    problems.push(
      `AMPERITY_TOKEN: ${withToken ? 'two token sources are' : 'no token source is'} set; ${threeWays}`,
    );
    return undefined;
  }
  if (withToken) {
    const path = files.get('AMPERITY_TOKEN');
    if (values.AMPERITY_TOKEN === undefined) return undefined;
    return path === undefined
      ? { kind: 'static', value: values.AMPERITY_TOKEN }
      : { kind: 'file', path: resolve(cwd, path) };
  }

  for (const name of client.filter((name) => !given.has(name))) {
    problems.push(`${name}: is missing beside the other client credentials; set it`);
  }
  const tokenUrl = values.AMPERITY_TOKEN_URL && upstreamUrl(values.AMPERITY_TOKEN_URL, allowHttp);
  if (tokenUrl && 'problem' in tokenUrl) problems.push(`AMPERITY_TOKEN_URL: ${tokenUrl.problem}`);
  const { AMPERITY_CLIENT_ID: clientId, AMPERITY_CLIENT_SECRET: secret } = values;
  if (!tokenUrl || 'problem' in tokenUrl || clientId === undefined || secret === undefined) return undefined;
  const path = files.get('AMPERITY_CLIENT_SECRET');
  const clientSecret = path === undefined ? { value: secret } : { path: resolve(cwd, path) };
  return { kind: 'clientCredentials', clientId, clientSecret, tokenUrl: tokenUrl.url };
}
