/**
 * Takes out of an error what must not be told: ioredis hangs the refused command on it, for a refused login that is
 * HELLO with user and password, and servers and proxies repeat arguments in their messages. Changes the error
 * itself, because every listener gets the same one.
 */
export function withoutSecrets(error: Error, secrets: Iterable<string>): Error {
  const told: Error & { command?: unknown } = error;
  delete told.command;
  for (const secret of secrets) {
    told.message = told.message.replaceAll(secret, '(secret)');
    if (told.stack !== undefined) told.stack = told.stack.replaceAll(secret, '(secret)');
  }
  return error;
}
