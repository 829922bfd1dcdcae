import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { aptInstall } from './apt-install.ts';

/** What this machine has to offer; replaced where the order itself is tested. */
export interface Surroundings {
  /** Where a program of this name is that runs; undefined when there is none. */
  find(name: string): string | undefined;
  /** Tries to install Chromium. */
  install(): void;
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

const machine: Surroundings = {
  find: (name) =>
    (process.env.PATH ?? '')
      .split(delimiter)
      .filter((folder) => folder !== '')
      .map((folder) => join(folder, name))
      // Ubuntu has a `chromium-browser` that only tells how to get one.
      .find((file) => isExecutable(file) && spawnSync(file, ['--version']).status === 0),
  install: () => aptInstall('chromium'),
};

/** The path of a Chromium for tests: one that is installed, or one that can be. */
export function findChromium(from: Surroundings = machine): string {
  const first = () => NAMES.map((name) => from.find(name)).find((file) => file !== undefined);
  const found = first();
  if (found !== undefined) return found;
  from.install();
  const installed = first();
  if (installed === undefined) {
    throw new Error('These tests need Chromium: put chromium, chromium-browser or google-chrome on PATH.');
  }
  return installed;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
