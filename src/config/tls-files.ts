import { createPrivateKey, X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import type { RedisTls } from '../shared/redis.ts';
import type { ReadEnvironment } from './read-environment.ts';
import { fileProblem, type ReadFile } from './read-file.ts';

type PemVariable = 'REDIS_CA_FILE' | 'REDIS_CERT_FILE' | 'REDIS_KEY_FILE';

/** The PEM files that are named, each of them read once to see that it will serve. */
export function tlsFiles(
  { values, given }: ReadEnvironment,
  { cwd, readFile }: { cwd: string; readFile: ReadFile },
  problems: string[],
): RedisTls {
  const parsed = <T>(name: PemVariable, what: string, parse: (pem: string) => T): T | undefined => {
    const path = values[name];
    if (path === undefined) return undefined;
    const read = readFile(path);
    if ('problem' in read) {
      problems.push(fileProblem(name, path, read.problem));
      return undefined;
    }
    try {
      return parse(read.text);
    } catch {
      problems.push(`${name}: the file holds no ${what} that can be read; write PEM`);
      return undefined;
    }
  };

  parsed('REDIS_CA_FILE', 'certificate', (pem) => new X509Certificate(pem));
  const certificate = parsed('REDIS_CERT_FILE', 'certificate', (pem) => new X509Certificate(pem));
  const key = parsed('REDIS_KEY_FILE', 'private key without a passphrase', (pem) => createPrivateKey(pem));
  if (certificate && key && !certificate.checkPrivateKey(key)) {
    problems.push('REDIS_KEY_FILE: is not the key of REDIS_CERT_FILE; name the two that were made together');
  }
  for (const [one, other] of [
    ['REDIS_CERT_FILE', 'REDIS_KEY_FILE'],
    ['REDIS_KEY_FILE', 'REDIS_CERT_FILE'],
  ] as const) {
    if (given.has(one) && !given.has(other)) {
      problems.push(`${one}: is set without ${other}; set both or none`);
    }
  }

  const absolute = (name: PemVariable): string | undefined => values[name] && resolve(cwd, values[name]);
  const [caFile, certFile, keyFile] = [
    absolute('REDIS_CA_FILE'),
    absolute('REDIS_CERT_FILE'),
    absolute('REDIS_KEY_FILE'),
  ];
  return { ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) };
}
