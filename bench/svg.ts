import type { Scale } from './scale.ts';

export interface Axis {
  /** With its unit. */
  readonly title: string;
  readonly scale: Scale;
}

export interface LegendEntry {
  readonly title: string;
  readonly colour: string;
  readonly dashed?: boolean;
}

const WIDTH = 760;
const HEIGHT = 420;
/** The plot's rectangle. */
export const AREA = { left: 70, top: 48, width: 650, height: 270 };

/** Reads on white as well as on black: the images have no background of their own. */
export const INK = '#7d838b';

export const xAt = (share: number): string => (AREA.left + share * AREA.width).toFixed(1);
export const yAt = (share: number): string => (AREA.top + (1 - share) * AREA.height).toFixed(1);

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

export function text(x: number | string, y: number | string, words: string, extra = ''): string {
  return `<text x="${x}" y="${y}" fill="${INK}" ${extra}>${escaped(words)}</text>`;
}

/** A whole image: title, y axis with grid, whatever `marks` draw, and a legend. */
export function svg(
  title: string,
  y: Axis,
  marks: readonly string[],
  legend: readonly LegendEntry[],
): string {
  const middle = AREA.top + AREA.height / 2;
  const grid = y.scale.ticks.flatMap((tick) => {
    const at = yAt(y.scale.at(tick));
    return [
      `<path d="M${AREA.left} ${at}h${AREA.width}" stroke="${INK}" stroke-opacity="0.25"/>`,
      text(AREA.left - 8, Number(at) + 4, String(tick), 'text-anchor="end"'),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="13">`,
    `<title>${escaped(title)}</title>`,
    text(AREA.left, 26, title, 'font-size="15" font-weight="600"'),
    ...grid,
    text(16, middle, y.title, `text-anchor="middle" transform="rotate(-90 16 ${middle})"`),
    ...marks,
    ...legend.flatMap(legendEntry),
    '</svg>',
    '',
  ].join('\n');
}

/** Two columns below the plot: the longest title would not fit into three. */
function legendEntry({ title, colour, dashed }: LegendEntry, place: number) {
  const x = AREA.left + (place % 2) * (AREA.width / 2);
  const y = AREA.top + AREA.height + 68 + Math.floor(place / 2) * 20;
  const dash = dashed ? ' stroke-dasharray="5 4"' : '';
  return [
    `<path d="M${x} ${y}h22" stroke="${colour}" stroke-width="3"${dash}/>`,
    text(x + 30, y + 4, title, 'font-size="12"'),
  ];
}
