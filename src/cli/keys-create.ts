import { stringify } from 'yaml';
import { createApiKey } from '../access/api-key.ts';
import { teamName } from '../config/team-settings.ts';
import { readOptions } from './options.ts';
import { exitCode, UsageError, type Verb } from './verb.ts';

const dayMs = 86_400_000;

export const keysCreate: Verb = async (args, { now, print, complain }) => {
  const options = readOptions(args, {
    team: { type: 'string' },
    days: { type: 'string', default: '180' },
    label: { type: 'string', default: 'live' },
    json: { type: 'boolean', default: false },
    browser: { type: 'boolean' },
    origin: { type: 'string', multiple: true },
  });
  if (options.browser !== undefined || options.origin !== undefined) {
    complain('browser keys (--browser, --origin) are not available in this version');
    return exitCode.usage;
  }
  const { team, label } = options;
  if (team === undefined || !teamName.test(team)) {
    throw new UsageError('--team takes the name of a team: up to 32 lower-case letters, digits or hyphens');
  }
  if (!/^[1-9]\d{0,3}$/.test(options.days)) throw new UsageError('--days takes an integer from 1 to 9999');
  if (!/^[a-z0-9]{1,12}$/.test(label)) {
    throw new UsageError('--label takes up to 12 lower-case letters or digits');
  }

  const notAfterMs = now() + Number(options.days) * dayMs;
  const { key, id, sha256 } = createApiKey({ label, notAfterMs });
  const entry = { id, sha256, notAfter: new Date(notAfterMs).toISOString() };
  if (options.json) {
    print(JSON.stringify({ key, team, entry }));
  } else {
    print(key);
    print('');
    print('Keep it now: it is stored nowhere. These lines go into gateway.yaml or the file of TEAMS_FILE:');
    print('');
    print(stringify({ teams: { [team]: { keys: [entry] } } }, { lineWidth: 0 }));
    print('');
    print(
      `If ${team} is new it also needs attributes: '*' and the indexes it may read, such as indexes: ['*'].`,
    );
  }
  return exitCode.ok;
};
