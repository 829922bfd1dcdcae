import { type AccessLine, readAccessLine } from './access-line.ts';
import {
  type Arrival,
  type Load,
  type Question,
  questionRequest,
  USUAL_BYTES,
  USUAL_LATENCY_MS,
} from './load.ts';
import { Tally } from './tally.ts';

export interface Recorded {
  /** Undefined when the log holds no request that got as far as the cache. */
  readonly load: Load | undefined;
  /** What became of the same requests when they were recorded. */
  readonly tally: Tally;
  /** From the first arrival to the last answer. */
  readonly seconds: number;
  /** Lines that are not of the access log. */
  readonly foreign: number;
  /** Requests that never became a question. */
  readonly unasked: number;
}

/** The load that an access log tells of. Lines stand in the order in which answers ended. */
export async function recordedLoad(lines: AsyncIterable<string>): Promise<Recorded> {
  const counts = { foreign: 0, unasked: 0 };
  const tally = new Tally();
  const read: AccessLine[] = [];
  const questions = new Map<string, Question>();
  const latenciesMs: number[] = [];
  let endedAt = 0;
  for await (const text of lines) {
    if (text === '') continue;
    const line = readAccessLine(text);
    if (typeof line === 'string') {
      counts[line] += 1;
      continue;
    }
    read.push(line);
    tally.add(line.team, line.outcome, line.waitMs);
    questions.set(line.name, learnt(questions.get(line.name), line));
    endedAt = Math.max(endedAt, line.arrivedAt + line.durationMs);
    if (line.outcome === 'miss') latenciesMs.push(Math.max(0, line.durationMs - line.waitMs));
  }
  const sized = withSizes(questions);
  const arrivals = read.map((line) => arrival(line, sized)).sort((a, b) => a.at - b.at);
  const first = arrivals[0];
  if (first === undefined) return { load: undefined, tally, seconds: 0, ...counts };
  const latencies = latenciesMs.length > 0 ? latenciesMs : [USUAL_LATENCY_MS];
  const load = { arrivals, latenciesMs: latencies };
  return { load, tally, seconds: (endedAt - first.at) / 1000, ...counts };
}

/** What one more line tells of its question. Refusals tell nothing, and a page once seen outweighs its absence. */
function learnt(known: Question | undefined, line: AccessLine): Question {
  const request = known?.request ?? questionRequest(line.route, line.name);
  if (line.status === 200) return { request, bytes: Math.max(known?.bytes ?? 0, line.bytes), kind: 'page' };
  const bytes = known?.bytes ?? 0;
  if (bytes === 0 && line.code === 'not_found') return { request, bytes, kind: 'absent' };
  if (bytes === 0 && line.code === 'upstream_rejected') return { request, bytes, kind: 'refused' };
  return known ?? { request, bytes, kind: 'page' };
}

/** Pages that nobody was given in full are taken to be as large as the others are on average. */
function withSizes(questions: ReadonlyMap<string, Question>): ReadonlyMap<string, Question> {
  const known = [...questions.values()].filter(({ bytes }) => bytes > 0);
  const sum = known.reduce((bytes, question) => bytes + question.bytes, 0);
  const average = known.length > 0 ? Math.round(sum / known.length) : USUAL_BYTES;
  return new Map(
    [...questions].map(([name, question]) => [
      name,
      question.kind === 'page' && question.bytes === 0 ? { ...question, bytes: average } : question,
    ]),
  );
}

function arrival(line: AccessLine, questions: ReadonlyMap<string, Question>): Arrival {
  const { arrivedAt: at, team, name, code, durationMs } = line;
  const question = questions.get(name);
  if (question === undefined) throw new RangeError('a line without its question');
  return code === 'client_closed' ? { at, team, question, patienceMs: durationMs } : { at, team, question };
}
