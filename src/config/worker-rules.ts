import type { EnvironmentValues, VariableName } from './environment.ts';

const LAST_PORT = 65_535;

/** What several processes on one port need. A value that had a problem of its own is absent, and rules about it rest. */
export function* workerProblems(
  { ADMIN_PORT: adminPort, WORKERS: workers = 1 }: Partial<EnvironmentValues>,
  given: ReadonlySet<VariableName>,
  maxReplicas: number | undefined,
): Generator<string> {
  if (workers === 1) return;
  if (!given.has('REDIS_URL')) {
    yield `WORKERS: ${workers} processes without Redis would each spend the whole budget; set REDIS_URL, or WORKERS=1`;
  }
  if (maxReplicas !== undefined && maxReplicas < workers) {
    yield `WORKERS: each of the ${workers} is a replica; set budget.maxReplicas to ${workers} or more, counting those of other machines`;
  }
  if (adminPort !== undefined && adminPort + workers - 1 > LAST_PORT) {
    yield `ADMIN_PORT: workers have this port and those that follow, which end at ${LAST_PORT}; set a lower one`;
  }
}
