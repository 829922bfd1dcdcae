#!/usr/bin/env node
import { text } from 'node:stream/consumers';
import { runCli } from './cli/run-cli.ts';

// Not process.exit: what was written to a pipe would be cut off.
process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  now: () => Date.now(),
  readInput: () => text(process.stdin),
  print: (line) => process.stdout.write(line.endsWith('\n') ? line : `${line}\n`),
  progress: (text) => void (process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`)),
  complain: (line) => process.stderr.write(line.endsWith('\n') ? line : `${line}\n`),
});
