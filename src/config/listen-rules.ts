import { isLoopback } from '../shared/loopback.ts';
import { isWildcard } from './addresses.ts';
import type { EnvironmentValues } from './environment.ts';

/** A value that had a problem of its own is absent, and rules about it rest. */
export function* listenProblems(values: Partial<EnvironmentValues>, open: boolean): Generator<string> {
  for (const name of ['HOST', 'ADMIN_HOST'] as const) {
    const host = values[name];
    if (open && host !== undefined && !isLoopback(host)) {
      yield `${name}: auth mode open lets everybody in, so it must be a loopback address; set 127.0.0.1 or use auth mode apiKey`;
    }
  }
  const { HOST: host, ADMIN_HOST: adminHost, PORT: port, ADMIN_PORT: adminPort } = values;
  if (host === undefined || adminHost === undefined || port === undefined || port === 0) return;
  const sameHost = host === adminHost || isWildcard(host) || isWildcard(adminHost);
  const workers = values.WORKERS ?? 1;
  if (sameHost && adminPort !== undefined && adminPort < port && port < adminPort + workers) {
    yield `ADMIN_PORT: workers have this port and those that follow, up to ${adminPort + workers - 1}, and PORT is among them; give them others`;
  }
  if (sameHost && port === adminPort) {
    yield 'ADMIN_PORT: is the same as PORT; give the admin listener a port of its own';
  }
}
