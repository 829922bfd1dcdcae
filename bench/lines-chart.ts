import { AREA, type Axis, INK, svg, text, xAt, yAt } from './svg.ts';

export interface Line {
  readonly title: string;
  readonly colour: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LinesChart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  /** Later ones lie on top. */
  readonly lines: readonly Line[];
  /** Values hold until the next point, instead of changing evenly up to it. */
  readonly steps?: boolean;
  /** A dashed line that must not be crossed: level with a value of y, or upright at a value of x. */
  readonly limit?: { readonly y?: number; readonly x?: number; readonly title: string };
}

const LIMIT_COLOUR = '#e5484d';

/** An SVG image of lines between points. */
export function linesChart({ title, x, y, lines, steps = false, limit }: LinesChart): string {
  const bottom = AREA.top + AREA.height;
  const xLabels = x.scale.ticks.map((tick) =>
    text(xAt(x.scale.at(tick)), bottom + 18, String(tick), 'text-anchor="middle"'),
  );
  const marks = [
    `<path d="M${AREA.left} ${bottom}h${AREA.width}" stroke="${INK}"/>`,
    ...xLabels,
    text(AREA.left + AREA.width / 2, bottom + 42, x.title, 'text-anchor="middle"'),
    ...lines.map(({ colour, points }) => {
      const corners = steps ? points.flatMap((point, place) => corner(point, points[place - 1])) : points;
      const places = corners.map(([a, b]) => `${xAt(x.scale.at(a))},${yAt(y.scale.at(b))}`);
      return `<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"/>`;
    }),
  ];
  if (limit?.y !== undefined) {
    marks.push(limitPath(`M${AREA.left} ${yAt(y.scale.at(limit.y))}h${AREA.width}`));
  }
  if (limit?.x !== undefined) {
    marks.push(limitPath(`M${xAt(x.scale.at(limit.x))} ${AREA.top}v${AREA.height}`));
  }
  const legend = [...lines].reverse().map((line) => ({ title: line.title, colour: line.colour }));
  const limitEntry = limit ? [{ title: limit.title, colour: LIMIT_COLOUR, dashed: true }] : [];
  return svg(title, y, marks, [...legend, ...limitEntry]);
}

type Point = Line['points'][number];
const corner = (point: Point, before: Point | undefined): Point[] =>
  before ? [[point[0], before[1]], point] : [point];

const limitPath = (d: string): string =>
  `<path d="${d}" stroke="${LIMIT_COLOUR}" stroke-width="1.5" stroke-dasharray="5 4"/>`;
