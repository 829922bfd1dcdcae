import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { canConfine } from './confinement.ts';

export type Files = Readonly<Record<string, string>>;

/** Where the kubelet lays the group of the pod. */
const GROUP = 65532;

/**
 * A Secret or ConfigMap as the kubelet mounts one: the files lie in a folder of their own, to which `..data` points, and
 * what is looked for are links through it. So all of them change in the same instant.
 */
export class MountedVolume {
  readonly folder: string;
  readonly #mode: number;

  /** @param mode of the files, which are root's and readable by the group of the pod */
  constructor(folder: string, files: Files, mode: number) {
    this.folder = folder;
    this.#mode = mode;
    mkdirSync(folder, { recursive: true });
    this.replace(files);
    for (const name of Object.keys(files)) symlinkSync(join('..data', name), join(folder, name));
  }

  /** Puts other contents in the place of all files, in one step. */
  replace(files: Files): void {
    const data = mkdtempSync(`${this.folder}/..data-`);
    chmodSync(data, 0o755);
    for (const [name, text] of Object.entries(files)) {
      const path = join(data, name);
      writeFileSync(path, text);
      if (canConfine) chownSync(path, 0, GROUP);
      chmodSync(path, this.#mode);
    }
    symlinkSync(data.slice(this.folder.length + 1), join(this.folder, '..data_tmp'));
    renameSync(join(this.folder, '..data_tmp'), join(this.folder, '..data'));
  }
}
