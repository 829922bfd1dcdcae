import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { settingsPage } from '../config/settings-doc.ts';
import { settingsJsonSchema } from '../config/settings-json-schema.ts';
import { readOptions } from './options.ts';
import { exitCode, UsageError, type Verb } from './verb.ts';

export const configSchema: Verb = async (args, { print }) => {
  readOptions(args, {});
  print(settingsJsonSchema());
  return exitCode.ok;
};

export const configDocs: Verb = async (args, { cwd, print, complain }) => {
  const { write, check } = readOptions(args, { write: { type: 'string' }, check: { type: 'string' } });
  if (write !== undefined && check !== undefined)
    throw new UsageError('--write and --check exclude each other');
  const page = settingsPage();
  if (write !== undefined) {
    try {
      writeFileSync(resolve(cwd, write), page);
    } catch {
      complain(`${write} cannot be written; check the path and who may write there`);
      return exitCode.failed;
    }
  } else if (check === undefined) {
    print(page.trimEnd());
  } else if (textOf(resolve(cwd, check)) !== page) {
    complain(`${check} does not say what the settings are; run: npm run fix`);
    return exitCode.failed;
  }
  return exitCode.ok;
};

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
