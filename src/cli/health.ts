import { isWildcard } from '../config/addresses.ts';
import { readEnvironment } from '../config/read-environment.ts';
import { isGuarded, isReady, type Judge, knowsOf } from './health-checks.ts';
import { readOptions } from './options.ts';
import { exitCode, UsageError, type Verb } from './verb.ts';

const answerWithinMs = 3000;

export const health: Verb = async (args, shell) => {
  const options = readOptions(args, {
    url: { type: 'string' },
    public: { type: 'string' },
    replicas: { type: 'string' },
  });
  const url = httpUrl('--url', options.url ?? readyzUrl(shell.env));
  const checks: [URL, Judge][] = [[url, isReady]];
  if (options.public !== undefined) {
    checks.push([new URL('/api/indexes', httpUrl('--public', options.public)), isGuarded]);
  }
  if (options.replicas !== undefined) {
    if (!/^[1-9]\d{0,3}$/.test(options.replicas)) throw new UsageError('--replicas takes a number from 1');
    checks.push([new URL('/metrics', url), knowsOf(Number(options.replicas))]);
  }
  const findings = await Promise.all(checks.map(([asked, judge]) => finding(asked, judge)));
  const wrong = findings.filter((found) => found !== undefined);
  for (const found of new Set(wrong)) shell.complain(found);
  if (wrong.length > 0) return exitCode.failed;
  shell.print('The gateway is ready.');
  return exitCode.ok;
};

async function finding(url: URL, judge: Judge): Promise<string | undefined> {
  try {
    return await judge(await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(answerWithinMs) }));
  } catch {
    return `The gateway does not answer at ${url.host}.`;
  }
}

function httpUrl(option: string, url: string): URL {
  if (!/^https?:/.test(url) || !URL.canParse(url)) throw new UsageError(`${option} takes an http URL`);
  return new URL(url);
}

/** The admin listener of a gateway with this environment, reached from the same machine. */
function readyzUrl(env: NodeJS.ProcessEnv): string {
  const { values } = readEnvironment({ ADMIN_HOST: env.ADMIN_HOST, ADMIN_PORT: env.ADMIN_PORT }, neverRead);
  const { ADMIN_HOST: host = '127.0.0.1', ADMIN_PORT: port } = values;
  if (port === undefined) throw new UsageError('ADMIN_PORT is not a port');
  const reached = isWildcard(host) ? '127.0.0.1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}/readyz`;
}

const neverRead = () => ({ problem: 'missing' }) as const;
