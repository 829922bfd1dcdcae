import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Manifest } from './manifest.ts';
import { TOOLS } from './places.ts';

/** What is wrong with each of these objects by the types of Kubernetes, unknown members included. */
export function judge(manifests: readonly unknown[]): Promise<string[][]> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [join(TOOLS, 'judge.mjs')], (error, stdout) => {
      if (error) reject(error);
      else resolve(JSON.parse(stdout));
    });
    child.stdin?.end(JSON.stringify(manifests));
  });
}

/** The same in lines, each with the object it is about. */
export async function complaints(manifests: readonly Manifest[]): Promise<string[]> {
  const judged = await judge(manifests);
  return judged.flatMap((problems, index) =>
    problems.map((problem) => `${manifests[index]?.kind} ${manifests[index]?.metadata.name}: ${problem}`),
  );
}
