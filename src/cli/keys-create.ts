import { stringify } from 'yaml';
import { createApiKey } from '../access/api-key.ts';
import { isOrigin } from '../config/setting-leaf.ts';
import { keyPolicySettings, teamName } from '../config/team-settings.ts';
import { readOptions } from './options.ts';
import { exitCode, UsageError, type Verb } from './verb.ts';

const dayMs = 86_400_000;

/** Lives of keys when nobody says how long; everybody who reads a page has its key, so that one is shorter. */
const DAYS = { server: '180', browser: '90' };

export const keysCreate: Verb = async (args, { now, print }) => {
  const options = readOptions(args, {
    team: { type: 'string' },
    days: { type: 'string' },
    label: { type: 'string', default: 'live' },
    json: { type: 'boolean', default: false },
    browser: { type: 'boolean', default: false },
    origin: { type: 'string', multiple: true, default: [] },
  });
  const { browser, label, origin: origins, team } = options;
  if (team === undefined || !teamName.test(team)) {
    throw new UsageError('--team takes the name of a team: up to 32 lower-case letters, digits or hyphens');
  }
  const days = options.days ?? DAYS[browser ? 'browser' : 'server'];
  if (!/^[1-9]\d{0,3}$/.test(days)) throw new UsageError('--days takes an integer from 1 to 9999');
  if (!/^[a-z0-9]{1,12}$/.test(label)) {
    throw new UsageError('--label takes up to 12 lower-case letters or digits');
  }
  if (browser !== origins.length > 0) {
    throw new UsageError('--browser and --origin go together: a browser key is for the pages of its origins');
  }
  if (!origins.every(isOrigin)) {
    throw new UsageError('--origin takes an exact origin such as https://app.example, and may be repeated');
  }

  const notAfterMs = now() + Number(days) * dayMs;
  const { key, id, sha256 } = createApiKey({ label });
  const entry = {
    id,
    sha256,
    notAfter: new Date(notAfterMs).toISOString(),
    ...(browser && { kind: 'browser', origins: [...new Set(origins)], policy: keyPolicySettings.parse({}) }),
  };
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
      `If ${team} is new it also needs the indexes it may read, such as indexes: ['*'], and the attributes it is shown: '*' for all, or for each index allow: and mask:.`,
    );
    if (browser) {
      print('');
      print(
        "Whoever reads the page has this key. Its policy narrows what its team may; where the team is shown attributes: '*', list those for pages under policy.attributes.",
      );
    }
  }
  return exitCode.ok;
};
