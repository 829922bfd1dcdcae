import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { stringify } from 'yaml';
import { createApiKey } from '../access/api-key.ts';
import { readOptions } from './options.ts';
import { exitCode, UsageError, type Verb } from './verb.ts';

const TEAM = 'demo';
const LIFE_MS = 180 * 86_400_000;
/** It is for trying things out. */
const RIGHTS = {
  indexes: ['*'],
  attributes: '*',
  filters: '*',
  withTotal: true,
  maxLimit: 1000,
  export: true,
};

/** Makes the files of secrets that a fleet needs, with a key to try it; what is there already stays as it is. */
export const init: Verb = async (args, { cwd, now, print, complain }) => {
  const { folder } = readOptions(args, { folder: { type: 'string' } });
  if (folder === undefined) throw new UsageError('--folder takes where the files are to lie');
  const { key, id, sha256 } = createApiKey({ label: TEAM });
  const entry = { id, sha256, notAfter: new Date(now() + LIFE_MS).toISOString() };
  const teams = stringify({ teams: { [TEAM]: { keys: [entry], ...RIGHTS } } });
  try {
    made(resolve(cwd, folder, 'cache-keys'), `k1:${randomBytes(32).toString('base64')}\n`);
    const isNew = made(resolve(cwd, folder, 'teams.yaml'), teams);
    if (isNew) print(key);
    print(
      isNew
        ? `This key is stored nowhere. It ends on ${entry.notAfter.slice(0, 10)}; team ${TEAM} may see everything.`
        : 'teams.yaml is there and stays as it is; its key was printed when it was made.',
    );
    return exitCode.ok;
  } catch {
    complain(`${folder} cannot be written to; check that it is there, and who may write to it`);
    return exitCode.failed;
  }
};

/** False if there is one already. Everybody may read it: in a volume, the gateway is somebody else. */
function made(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o444 });
    return true;
  } catch (error) {
    // Every error of a file has a code.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
