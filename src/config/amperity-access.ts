import { upstreamUrl } from './addresses.ts';
import type { Config } from './config.ts';
import type { ReadEnvironment } from './read-environment.ts';
import { tokenSource } from './token-source.ts';

const whatToSet = {
  AMPERITY_BASE_URL: 'set it to the URL of the API, such as https://app.amperity.com/api',
  AMPERITY_TENANT: 'set it to the name of your Amperity tenant',
};

/** Where Amperity is and how to get in. Nothing when there is a problem, whether said here or already before. */
export function amperityAccess(
  environment: ReadEnvironment,
  cwd: string,
  problems: string[],
): Config['amperity'] | undefined {
  const { values, given } = environment;
  // A misspelt permission has its own problem; two more about the URLs would hide it.
  const allowHttp = values.AMPERITY_ALLOW_HTTP ?? true;
  for (const name of ['AMPERITY_BASE_URL', 'AMPERITY_TENANT'] as const) {
    if (!given.has(name)) problems.push(`${name}: is not set; ${whatToSet[name]}`);
  }
  const base =
    values.AMPERITY_BASE_URL === undefined ? undefined : upstreamUrl(values.AMPERITY_BASE_URL, allowHttp);
  if (base !== undefined && 'problem' in base) problems.push(`AMPERITY_BASE_URL: ${base.problem}`);
  const token = tokenSource(environment, { cwd, allowHttp }, problems);
  const { AMPERITY_TENANT: tenant, AMPERITY_API_VERSION: apiVersion } = values;
  if (base === undefined || 'problem' in base || tenant === undefined || apiVersion === undefined || !token) {
    return undefined;
  }
  return { baseUrl: base.url, tenant, apiVersion, token };
}
