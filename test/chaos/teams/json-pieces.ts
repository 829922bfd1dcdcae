// A scanner of its own, so that a mistake in that of the gateway is not made here as well.

const TOKEN = /"(?:[^"\\]|\\.)*"|[^"\s]/g;
const NAME = /^"(?:[^"\\]|\\.)*"/;

/** Top-level pieces of an object or a list, each in the spelling of the text. */
export function piecesOf(json: string): string[] {
  const pieces: string[] = [];
  let depth = 0;
  let from = 1;
  for (const { 0: token, index } of json.matchAll(TOKEN)) {
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (depth > 1 || (depth === 1 && token !== ',')) continue;
    const piece = json.slice(from, index).trim();
    if (piece !== '') pieces.push(piece);
    from = index + 1;
  }
  return pieces;
}

export interface Member {
  readonly name: string;
  /** JSON in the spelling of the text. */
  readonly value: string;
  readonly piece: string;
}

export const membersOf = (object: string): Member[] =>
  piecesOf(object).map((piece) => {
    const [name = ''] = NAME.exec(piece) ?? [];
    return { name: JSON.parse(name), value: piece.slice(name.length).replace(/^\s*:\s*/, ''), piece };
  });

export const memberOf = (object: string, name: string): Member | undefined =>
  membersOf(object).find((member) => member.name === name);
