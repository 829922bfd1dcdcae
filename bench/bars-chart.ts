import type { Reading } from './bound.ts';
import { AREA, type Axis, INK, svg, text, xAt, yAt } from './svg.ts';

export interface BarsChart {
  readonly title: string;
  readonly y: Axis;
  readonly groups: readonly string[];
  /** `values` in the order of the groups; undefined where there is none. */
  readonly series: readonly {
    readonly title: string;
    readonly colour: string;
    readonly values: readonly (Reading | undefined)[];
  }[];
}

/** An SVG image of bars side by side, each with its value written above it. */
export function barsChart({ title, y, groups, series }: BarsChart): string {
  const bottom = AREA.top + AREA.height;
  const groupWidth = 1 / groups.length;
  const barWidth = (groupWidth * 0.8) / series.length;
  const marks = groups.flatMap((group, groupPlace) => {
    const left = groupPlace * groupWidth + groupWidth * 0.1;
    const bars = series.flatMap(({ colour, values }, place) => {
      const reading = values[groupPlace];
      if (reading === undefined) return [];
      const { value, unfinished = false } = reading;
      const from = left + place * barWidth;
      const top = Number(yAt(y.scale.at(value)));
      // A value at the foot of the scale still shows.
      const height = Math.max(2, bottom - top);
      const width = (barWidth * AREA.width * 0.9).toFixed(1);
      return [
        `<rect x="${xAt(from)}" y="${(bottom - height).toFixed(1)}" width="${width}" height="${height.toFixed(1)}" fill="${colour}"/>`,
        text(
          xAt(from + barWidth * 0.45),
          (bottom - height - 5).toFixed(1),
          `${unfinished ? '> ' : ''}${value}`,
          'text-anchor="middle" font-size="12"',
        ),
      ];
    });
    return [
      ...bars,
      text(xAt((groupPlace + 0.5) * groupWidth), bottom + 20, group, 'text-anchor="middle" font-size="12"'),
    ];
  });
  marks.push(`<path d="M${AREA.left} ${bottom}h${AREA.width}" stroke="${INK}"/>`);
  return svg(title, y, marks, series);
}
