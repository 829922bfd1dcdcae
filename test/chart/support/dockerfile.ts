import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './places.ts';

export const DOCKERFILE = readFileSync(join(REPOSITORY, 'Dockerfile'), 'utf8');

/** One line of it, however many it is written on. */
export interface Instruction {
  readonly keyword: string;
  readonly rest: string;
}

/** By name; each begins with its FROM. What stands before the first of them is in the stage ''. */
export function stagesOf(text: string): ReadonlyMap<string, readonly Instruction[]> {
  const stages = new Map<string, Instruction[]>();
  let current: Instruction[] = [];
  stages.set('', current);
  const lines = text.replaceAll(/^#.*\n/gm, '').replaceAll(/\\\n\s*/g, '');
  for (const [, keyword = '', rest = ''] of lines.matchAll(/^([A-Z]+) (.+)$/gm)) {
    if (keyword === 'FROM') {
      current = [];
      stages.set(/ AS (\w+)$/.exec(rest)?.[1] ?? '', current);
    }
    current.push({ keyword, rest });
  }
  return stages;
}

/** What every instruction of a kind says in a stage. */
export const said = (stage: string, keyword: string): string[] =>
  (STAGES.get(stage) ?? []).filter((each) => each.keyword === keyword).map(({ rest }) => rest);

/** The one that the last instruction of a kind says in JSON. */
export const list = (stage: string, keyword: string): string[] =>
  JSON.parse(/\[.*\]$/.exec(said(stage, keyword).at(-1) ?? '')?.[0] ?? '[]');

/** `NAME=value` pairs, of ENV or LABEL. */
export const pairs = (stage: string, keyword: string): Record<string, string> =>
  Object.fromEntries(
    said(stage, keyword).flatMap((rest) =>
      [...rest.matchAll(/(\S+?)=(?:"([^"]*)"|(\S*))/g)].map(([, name = '', quoted, bare = '']) => [
        name,
        quoted ?? bare,
      ]),
    ),
  );

export const STAGES = stagesOf(DOCKERFILE);
