import { isWildcard } from '../config/addresses.ts';
import { readEnvironment } from '../config/read-environment.ts';
import { readOptions } from './options.ts';
import { exitCode, UsageError, type Verb } from './verb.ts';

const answerWithinMs = 3000;

export const health: Verb = async (args, surroundings) => {
  const { url = readyzUrl(surroundings.env) } = readOptions(args, { url: { type: 'string' } });
  if (!/^https?:/.test(url) || !URL.canParse(url)) throw new UsageError('--url takes an http URL');
  try {
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(answerWithinMs) });
    await answer.body?.cancel();
    if (answer.ok) {
      surroundings.print('The gateway is ready.');
      return exitCode.ok;
    }
    surroundings.complain(`The gateway is not ready: it answers ${answer.status}.`);
  } catch {
    surroundings.complain(`The gateway does not answer at ${new URL(url).host}.`);
  }
  return exitCode.failed;
};

/** The admin listener of a gateway with this environment, reached from the same machine. */
function readyzUrl(env: NodeJS.ProcessEnv): string {
  const { values } = readEnvironment({ ADMIN_HOST: env.ADMIN_HOST, ADMIN_PORT: env.ADMIN_PORT }, neverRead);
  const { ADMIN_HOST: host = '127.0.0.1', ADMIN_PORT: port } = values;
  if (port === undefined) throw new UsageError('ADMIN_PORT is not a port');
  const reached = isWildcard(host) ? '127.0.0.1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}/readyz`;
}

const neverRead = () => ({ problem: 'missing' }) as const;
