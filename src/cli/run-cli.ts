import { configCheck } from './config-check.ts';
import { configDocs, configSchema } from './config-docs.ts';
import { doctor } from './doctor.ts';
import { exportVerb } from './export.ts';
import { health } from './health.ts';
import { init } from './init.ts';
import { keysCreate } from './keys-create.ts';
import { keysHash } from './keys-hash.ts';
import { plan } from './plan.ts';
import { usage } from './usage.ts';
import { exitCode, type Shell, UsageError, type Verb } from './verb.ts';

const verbs: ReadonlyMap<string, Verb> = new Map([
  ['init', init],
  ['keys create', keysCreate],
  ['keys hash', keysHash],
  ['config check', configCheck],
  ['config schema', configSchema],
  ['config docs', configDocs],
  ['health', health],
  ['doctor', doctor],
  ['export', exportVerb],
  ['plan', plan],
]);

/** Carries out the verb that `args` begin with and returns the exit code. */
export async function runCli(args: readonly string[], shell: Shell): Promise<number> {
  if (args.length === 1 && (args[0] === '--help' || args[0] === '-h' || args[0] === 'help')) {
    shell.print(usage);
    return exitCode.ok;
  }
  try {
    for (const words of [1, 2]) {
      const verb = verbs.get(args.slice(0, words).join(' '));
      if (verb !== undefined) return await verb(args.slice(words), shell);
    }
    throw new UsageError(args.length === 0 ? 'no verb is given' : 'there is no such verb');
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    shell.complain(`${error.message}\n\n${usage}`);
    return exitCode.usage;
  }
}
