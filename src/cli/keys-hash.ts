import { stringify } from 'yaml';
import { digestApiKey, parseApiKey } from '../access/api-key.ts';
import { readOptions } from './options.ts';
import { exitCode, type Verb } from './verb.ts';

/** Takes the key from standard input only: arguments stand in process lists and shell histories. */
export const keysHash: Verb = async (args, { readInput, print, complain }) => {
  readOptions(args, {});
  const key = (await readInput()).replace(/\r?\n$/, '');
  const parsed = parseApiKey(key);
  if (parsed === undefined) {
    complain('standard input holds no gateway key; give one key (agw_…) on one line');
    return exitCode.badInput;
  }
  print(stringify({ id: parsed.id, sha256: digestApiKey(key).toString('hex') }).trimEnd());
  return exitCode.ok;
};
