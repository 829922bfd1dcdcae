import { type Document, LineCounter, parseDocument, visit, type YAMLError } from 'yaml';
import { shownName } from './shown-text.ts';

export interface YamlFile {
  /** Absent when the text cannot be read as one YAML document. */
  readonly value?: unknown;
  /** "line 3: <what is wrong>; <what to do>" */
  readonly problems: readonly string[];
}

/**
 * Reads one YAML 1.2 document. Messages are our own: the parser's quote the text around a mistake, and a mistake
 * is often a secret pasted in the wrong place.
 */
export function parseYaml(text: string): YamlFile {
  const lines = new LineCounter();
  const lineOf = (offset: number) => `line ${lines.linePos(offset).line}`;
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    logLevel: 'error',
  });
  // A tag the parser does not know is only a warning to it; here it would silently change what a value means.
  const found = [...document.errors, ...document.warnings].map(
    (error) => `${lineOf(error.pos[0])}: ${complaintAbout(error, text)}`,
  );
  if (document.directives?.yaml.explicit && document.directives.yaml.version !== '1.2') {
    found.push('line 1: another YAML version is asked for; remove the %YAML line');
  }
  for (const offset of prototypeKeys(document)) {
    found.push(`${lineOf(offset)}: __proto__ is not a setting; remove it`);
  }
  // One open bracket makes the parser complain once for every bracket around it.
  const problems = [...new Set(found)];
  if (document.errors.some((error) => error.code !== 'DUPLICATE_KEY')) return { problems };
  const value = plainValue(document);
  return value === undefined ? { problems: [...problems, `line 1: ${badAlias}`] } : { value, problems };
}

const badAlias =
  'an alias (*name) has no anchor (&name), stands inside it, or is used too often; write the value itself';

function plainValue(document: Document): unknown {
  try {
    const value = document.toJS() ?? {};
    // Throws on a value that contains itself, which no check of settings would survive.
    JSON.stringify(value);
    return value;
  } catch {
    return undefined;
  }
}

/** Such a key vanishes in plain objects and would be the only kind of unknown key to pass unnoticed. */
function prototypeKeys(document: Document): number[] {
  const offsets: number[] = [];
  visit(document, {
    Pair(_, pair) {
      const key = pair.key as { value?: unknown; range?: [number, number, number] } | null;
      if (key?.value === '__proto__') offsets.push(key.range?.[0] ?? 0);
    },
  });
  return offsets;
}

function complaintAbout(error: YAMLError, text: string): string {
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return `${duplicateName(text.slice(error.pos[0]))} is written twice; keep one of the two`;
    case 'TAB_AS_INDENT':
      return 'a tab indents the line; use spaces';
    case 'MULTIPLE_DOCS':
      return 'a second document begins; keep one';
    case 'TAG_RESOLVE_FAILED':
      return 'a tag (!name) is not known; remove it or put the text in quotes';
    case 'BAD_INDENT':
      return 'the indentation does not fit, or a bracket above is not closed; align the line or close it';
    case 'MISSING_CHAR':
      return 'a closing quote, bracket, comma or colon is missing; add it';
    case 'NON_STRING_KEY':
      return 'a key is not plain text; write a name';
    default:
      return 'this is not valid YAML; check colons, brackets and indentation here, and put odd text in quotes';
  }
}

function duplicateName(rest: string): string {
  return shownName(/^["']?([^\s"':]+)/.exec(rest)?.[1] ?? 'a key');
}
