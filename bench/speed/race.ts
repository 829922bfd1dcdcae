import { type Bound, boundText, holds } from '../bound.ts';
import { median } from '../percentile.ts';
import type { Cores } from '../pinning.ts';

/** A question about speed, answered by contenders that take turns. */
export interface Race {
  readonly name: string;
  readonly title: string;
  run(options: RaceOptions): Promise<Finish>;
}

export interface RaceOptions {
  /** Each contender's turns. */
  readonly rounds: number;
  /** Of each turn. */
  readonly seconds: number;
  /** Beside nginx and Varnish as well. */
  readonly peers: boolean;
  readonly cores: Cores | undefined;
  readonly tell: (line: string) => void;
}

export interface Finish {
  readonly rows: readonly Row[];
  /** An SVG image. */
  readonly plot?: string;
  readonly raw: unknown;
}

export interface Row {
  readonly title: string;
  /** One of each round. */
  readonly values: readonly number[];
  readonly unit?: string;
  readonly digits?: number;
  /** Asked of the median. */
  readonly required?: Bound;
}

export const passed = ({ required, values }: Row): boolean | undefined =>
  required && holds(required, { value: median(values) });

/** A Markdown table: median, and least and most in brackets. */
export function raceTable(title: string, rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const { digits = 0, required, title: figure, unit = '', values } = row;
    const write = (value: number) => `${value.toFixed(digits)}${unit}`;
    const range =
      values.length > 1 ? ` (${write(Math.min(...values))} to ${write(Math.max(...values))})` : '';
    const verdict = passed(row);
    return [
      figure,
      required ? boundText(required, write) : '',
      `${write(median(values))}${range}`,
      verdict === undefined ? '' : verdict ? 'pass' : '**fail**',
    ];
  });
  const table = [['figure', 'required', 'measured', ''], ['---', '---', '---', '---'], ...lines];
  return [`## ${title}`, '', ...table.map((cells) => `| ${cells.join(' | ')} |`), ''].join('\n');
}
