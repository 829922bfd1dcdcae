import { type EnvironmentValues, environmentVariables, fromFile, type VariableName } from './environment.ts';
import { nearestName } from './nearest-name.ts';
import { fileProblem, type ReadFile } from './read-file.ts';
import { rangeOf, settingTree } from './setting-tree.ts';
import { shownName, shownValue } from './shown-text.ts';

export interface ReadEnvironment {
  /** A wrong value is absent here and has a problem. */
  readonly values: Partial<EnvironmentValues>;
  /** Path of the file that a value came from, as written. */
  readonly files: ReadonlyMap<VariableName, string>;
  /** Names that are set, rightly or wrongly. */
  readonly given: ReadonlySet<VariableName>;
  readonly problems: readonly string[];
}

/** The variable that a value came from, to be named in a problem. */
export const variableOf = ({ files }: ReadEnvironment, name: VariableName): string =>
  files.has(name) ? `${name}_FILE` : name;

const names = Object.keys(environmentVariables) as VariableName[];
const fileVariables = fromFile.map((name) => `${name}_FILE`);

export function readEnvironment(env: NodeJS.ProcessEnv, readFile: ReadFile): ReadEnvironment {
  const problems = [...unknownVariables(env)];
  const values: Record<string, unknown> = {};
  const files = new Map<VariableName, string>();
  const given = new Set<VariableName>();

  for (const name of names) {
    const fileVariable = `${name}_FILE`;
    const file = fileVariables.includes(fileVariable) ? env[fileVariable] || undefined : undefined;
    let text = env[name] || undefined;
    let where: string = name;
    if (text !== undefined || file !== undefined) given.add(name);
    if (file !== undefined && text !== undefined) {
      problems.push(`${name}: ${fileVariable} is set too; unset one of the two`);
      continue;
    }
    if (file !== undefined) {
      files.set(name, file);
      where = fileVariable;
      const read = readFile(file);
      if ('problem' in read) {
        problems.push(fileProblem(where, file, read.problem));
        continue;
      }
      text = read.text.replace(/\r?\n$/, '');
    }
    const schema = environmentVariables[name];
    const result = schema.safeParse(text);
    if (result.success) values[name] = result.data;
    else problems.push(`${where}: ${complaint(name, text ?? '')}`);
  }
  return { values: values as Partial<EnvironmentValues>, files, given, problems };
}

function complaint(name: VariableName, text: string): string {
  const node = settingTree(environmentVariables[name]);
  const found = node.secret
    ? 'the value is not allowed (it is not shown here)'
    : `${shownValue(text)} is not allowed`;
  return `${found}; write ${rangeOf(node)}`;
}

function* unknownVariables(env: NodeJS.ProcessEnv): Generator<string> {
  const known = [...names, ...fileVariables];
  for (const [name, value] of Object.entries(env)) {
    if (!value || known.includes(name) || isServiceLink(name, value)) continue;
    if (name.startsWith('AMPERITY_') || name.startsWith('REDIS_')) {
      const meant = nearestName(name, known);
      yield `${shownName(name)}: is not a variable of the gateway; ${meant ? `did you mean ${meant}?` : 'unset it'}`;
    }
  }
}

/**
 * Kubernetes puts the address of every service of the namespace into each container. A service called
 * `amperity-gateway` or `redis` must not keep the gateway from starting.
 */
function isServiceLink(name: string, value: string): boolean {
  if (/_PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value)) return true;
  return /_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(
    name,
  );
}
