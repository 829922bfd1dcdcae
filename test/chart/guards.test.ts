import { describe, expect, test } from '@jest/globals';
import { environmentVariables, fromFile } from '../../src/config/environment.ts';
import { changed } from './support/changed.ts';
import { complete, single } from './support/ci-values.ts';
import { guards } from './support/guard-cases.ts';
import { type Helm, helms } from './support/helm-binaries.ts';
import { helmTemplate, type Values } from './support/helm-template.ts';

const refusals = (helm: Helm, values: Values): string[] => {
  const { said } = helmTemplate({ helm, values });
  return [...said.matchAll(/^ {2}- (.*)$/gm)].map(([, line = '']) => line);
};
const keysOf = (lines: readonly string[]) => lines.map((line) => /^[^:]+/.exec(line)?.[0]);

describe.each(helms())('helm $version', (helm) => {
  test('takes the values that are changed here', () => {
    for (const values of [complete, single]) expect(helmTemplate({ helm, values }).said).toBe('');
  });

  test.each(guards)('refuses %s', (_, changes, ...keys) => {
    expect(keysOf(refusals(helm, changed(complete, changes)))).toEqual(keys);
  });

  test('names everything that was forgotten in one message', () => {
    expect(keysOf(refusals(helm, {}))).toEqual([
      'image.repository',
      'upstream.baseUrl',
      'upstream.tenant',
      'upstream.token.existingSecret',
      'teams.existingSecret',
      'redis.url',
    ]);
  });
});

describe('extraEnv', () => {
  const [helm] = helms();
  // What the chart has no key for.
  const free = ['LOG_PRETTY', 'AMPERITY_ALLOW_HTTP'];
  const names = [...Object.keys(environmentVariables), ...fromFile.map((name) => `${name}_FILE`)];

  test('may not hold a variable of the gateway that belongs to a values key, and hears the key', () => {
    const reserved = names.filter((name) => !free.includes(name));
    const lines = refusals(
      helm,
      changed(complete, { extraEnv: reserved.map((name) => ({ name, value: 'a' })) }),
    );
    expect(lines.map((line) => /^extraEnv: (\w+) is set by \w/.exec(line)?.[1])).toEqual(reserved);
  });

  test('may hold the others', () => {
    const values = changed(complete, { extraEnv: free.map((name) => ({ name, value: 'true' })) });
    expect(refusals(helm, values)).toEqual([]);
  });
});
