import { parseArgs } from 'node:util';

export interface Options {
  readonly names: readonly string[];
  readonly runs: number;
  readonly seconds: number;
  readonly replicas: number;
  /** Without what the gateway is compared with. */
  readonly alone: boolean;
  /** Beside nginx and Varnish, where speed is asked for. */
  readonly peers: boolean;
  readonly out: string;
}

export const usage = (known: readonly string[]): string => `Usage: npm run bench -- [question ...] [flags]

Questions (default: all): ${known.join(' ')}
  --runs N      how often each case is run (default 1; rounds of questions of speed: at least 5)
  --seconds N   how long each backlog lasts (default 60; each turn in a question of speed: a twelfth)
  --replicas N  gateways over one Redis that is started for them (default 1)
  --alone       the gateway without the comparisons
  --peers       hits beside nginx and Varnish as well, which are installed where apt-get can
  --out DIR     where JSON and SVG go (default bench/results)
`;

/** What the arguments ask for, or a sentence that says what is wrong with them. */
export function parseOptions(args: readonly string[], known: readonly string[]): Options | string {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return (error as Error).message;
  }
  const { values, positionals } = parsed;
  const stranger = positionals.find((name) => !known.includes(name));
  if (stranger !== undefined) return `There is no question '${stranger}'.`;
  const runs = wholeNumber(values.runs);
  const seconds = wholeNumber(values.seconds);
  const replicas = wholeNumber(values.replicas);
  if (runs === undefined || seconds === undefined || replicas === undefined) {
    return '--runs, --seconds and --replicas take a whole number from 1 on.';
  }
  return {
    names: known.filter((name) => positionals.length === 0 || positionals.includes(name)),
    runs,
    seconds,
    replicas,
    alone: values.alone,
    peers: values.peers,
    out: values.out,
  };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '60' },
      replicas: { type: 'string', default: '1' },
      alone: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      out: { type: 'string', default: 'bench/results' },
    },
  });
}

const wholeNumber = (text: string): number | undefined =>
  /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined;
