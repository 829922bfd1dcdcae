import { loadConfig } from '../config/load.ts';
import { readOptions } from './options.ts';
import { exitCode, type Verb } from './verb.ts';

export const configCheck: Verb = async (args, { env, cwd, now, print, complain }) => {
  const { file } = readOptions(args, { file: { type: 'string' } });
  const loaded = loadConfig(file === undefined ? env : { ...env, GATEWAY_CONFIG: file }, { cwd, now: now() });
  if ('problems' in loaded) {
    for (const problem of loaded.problems) complain(problem);
    return exitCode.config;
  }
  for (const warning of loaded.warnings) print(`warning: ${warning}`);
  print('ok');
  return exitCode.ok;
};
