import { loadConfig } from '../config/load.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import { examineAmperity } from './doctor-amperity.ts';
import { type Finding, findingsAbout } from './doctor-finding.ts';
import { examineRedis } from './doctor-redis.ts';
import { readOptions } from './options.ts';
import { exitCode, type Verb } from './verb.ts';

/** Looks at everything a gateway with these settings needs from where it runs, one call to Amperity included. */
export const doctor: Verb = async (args, { env, cwd, now, print, complain }) => {
  const { file } = readOptions(args, { file: { type: 'string' } });
  const loaded = loadConfig(file === undefined ? env : { ...env, GATEWAY_CONFIG: file }, { cwd, now: now() });
  if ('problems' in loaded) {
    for (const problem of loaded.problems) complain(problem);
    return exitCode.config;
  }
  const clock: Clock = { ...systemClock, now };
  let wrong = 0;
  const tell = ({ about, is, what }: Finding): void => {
    if (is === 'wrong') wrong += 1;
    print(`${is.padEnd(5)}  ${about}: ${what}`);
  };
  const { fine, note } = findingsAbout('settings');
  tell(fine('can be used'));
  for (const warning of loaded.warnings) tell(note(warning));
  for await (const finding of examineAmperity(loaded.config, clock)) tell(finding);
  for await (const finding of examineRedis(loaded.config, clock)) tell(finding);
  print(wrong === 0 ? 'Nothing is wrong.' : `${wrong} ${wrong === 1 ? 'thing is' : 'things are'} wrong.`);
  return wrong === 0 ? exitCode.ok : exitCode.failed;
};
