import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Paths of PEM files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority of the test's own, in a temporary folder. */
export class TestAuthority {
  readonly folder = mkdtempSync(join(tmpdir(), 'authority-'));
  readonly cert = join(this.folder, 'ca.crt');
  readonly #key = join(this.folder, 'ca.key');

  constructor() {
    const subject = ['-subj', '/CN=authority of a test', '-days', '2'];
    openssl(['req', '-x509', ...newKey(this.#key), '-out', this.cert, ...subject]);
  }

  /** @param names such as `IP:127.0.0.1,DNS:localhost` */
  issue(name: string, names = 'IP:127.0.0.1,DNS:localhost'): Certificate {
    const file = (ending: string) => join(this.folder, `${name}.${ending}`);
    writeFileSync(file('ext'), `subjectAltName=${names}\n`);
    openssl(['req', ...newKey(file('key')), '-out', file('csr'), '-subj', `/CN=${name}`]);
    const signer = ['-CA', this.cert, '-CAkey', this.#key, '-CAcreateserial', '-days', '2'];
    const signed = ['-req', '-in', file('csr'), '-out', file('crt'), '-extfile', file('ext')];
    openssl(['x509', ...signed, ...signer]);
    return { cert: file('crt'), key: file('key') };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * Options for a redis-server on `port` that speaks TLS alone.
 *
 * @param clients whether it asks for client certificates
 * @param names of its certificate
 */
export function tlsOptions(
  authority: TestAuthority,
  port: number,
  clients: 'yes' | 'no',
  names?: string,
): string[] {
  const { cert, key } = authority.issue(`server-${port}`, names);
  return [
    ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', clients],
    ...['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', authority.cert],
    ...['--tls-replication', 'yes', '--tls-cluster', 'yes'],
  ];
}

const newKey = (file: string): string[] => [
  ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file],
];

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
