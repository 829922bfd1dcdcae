import { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { isBearerToken } from '../shared/bearer-token.ts';
import { fileProblem, type ReadFile } from './read-file.ts';
import type { Settings } from './schema.ts';

type Issuer = Settings['auth']['jwt'][number];

/** The files of issuers, each of them read once to see that it will serve: what is wrong, by setting. */
export function* issuerFileProblems(issuers: readonly Issuer[], readFile: ReadFile): Generator<string> {
  for (const [index, { jwksCaFile, jwksTokenFile }] of issuers.entries()) {
    const where = `auth.jwt[${index}]`;
    if (jwksCaFile !== undefined) {
      yield* unusable(`${where}.jwksCaFile`, jwksCaFile, readFile, isCertificate, 'certificate; write PEM');
    }
    if (jwksTokenFile !== undefined) {
      yield* unusable(
        `${where}.jwksTokenFile`,
        jwksTokenFile,
        readFile,
        isToken,
        'token; write it on one line',
      );
    }
  }
}

/** Paths as they will be read later, whatever the working directory is then. */
export const withAbsolutePaths = (issuers: readonly Issuer[], cwd: string): Issuer[] =>
  issuers.map(({ jwksCaFile, jwksTokenFile, ...issuer }) => ({
    ...issuer,
    ...(jwksCaFile !== undefined && { jwksCaFile: resolve(cwd, jwksCaFile) }),
    ...(jwksTokenFile !== undefined && { jwksTokenFile: resolve(cwd, jwksTokenFile) }),
  }));

function* unusable(
  where: string,
  path: string,
  readFile: ReadFile,
  isUsable: (text: string) => boolean,
  wanted: string,
): Generator<string> {
  const read = readFile(path);
  if ('problem' in read) yield fileProblem(where, path, read.problem);
  else if (!isUsable(read.text)) yield `${where}: the file holds no usable ${wanted}`;
}

const isToken = (text: string): boolean => isBearerToken(text.replace(/\r?\n$/, ''));

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem) !== undefined;
  } catch {
    return false;
  }
}
