import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aptInstall } from '../../support/apt-install.ts';

export interface SigningKey {
  readonly owner: string;
  /** Files of either half. */
  readonly secretKey: string;
  readonly publicKey: string;
  remove(): void;
}

/** A key to sign packages with, that ends with the test. */
export function signingKey(): SigningKey {
  const missing = () => spawnSync('gpg', ['--version']).status !== 0;
  if (missing()) aptInstall('gnupg');
  if (missing()) throw new Error('These tests need gpg: install gnupg.');
  const folder = mkdtempSync(join(tmpdir(), 'gpg-'));
  const env = { ...process.env, GNUPGHOME: folder };
  const quietly = ['--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', ''];
  const gpg = (...args: string[]) => execFileSync('gpg', [...quietly, ...args], { env, stdio: 'pipe' });
  const owner = 'Nobody <nobody@gateway.example>';
  // Helm 3 knows no younger kinds of keys.
  gpg('--quick-gen-key', owner, 'rsa2048', 'sign', '1d');
  const [secretKey, publicKey] = [join(folder, 'secret.gpg'), join(folder, 'public.gpg')];
  writeFileSync(secretKey, gpg('--export-secret-keys'));
  writeFileSync(publicKey, gpg('--export'));
  const remove = () => {
    execFileSync('gpgconf', ['--kill', 'all'], { env });
    rmSync(folder, { recursive: true });
  };
  return { owner, secretKey, publicKey, remove };
}
