import { describe, expect, test } from '@jest/globals';
import { barsChart } from '../../../bench/bars-chart.ts';
import { linesChart } from '../../../bench/lines-chart.ts';
import { linear, logarithmic } from '../../../bench/scale.ts';

describe('a scale', () => {
  test('has round steps that hold both ends', () => {
    expect(linear(0, 12).ticks).toEqual([0, 2, 4, 6, 8, 10, 12]);
    expect(linear(0, 0.7).ticks).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
    expect(linear(0, 61).ticks.at(-1)).toBe(70);
    expect(linear(0, 10).at(5)).toBeCloseTo(0.5, 12);
  });

  test('in logarithms has whole decades', () => {
    const scale = logarithmic(0.1, 1000);
    expect(scale.ticks).toEqual([0.1, 1, 10, 100, 1000]);
    expect(scale.at(10)).toBeCloseTo(0.5, 12);
    expect(scale.at(0)).toBe(0);
  });

  test('keeps what lies beyond on its ends', () => {
    expect(linear(0, 10).at(99)).toBe(1);
    expect(logarithmic(1, 10).at(0.5)).toBe(0);
  });
});

describe('a chart', () => {
  const y = { title: 'calls <1 s>', scale: linear(0, 10) };

  test('of lines has a title, both axes, every line and its limit', () => {
    const image = linesChart({
      title: 'Calls & limits',
      x: { title: 'time (s)', scale: linear(0, 10) },
      y,
      lines: [
        {
          title: 'gateway',
          colour: '#123456',
          points: [
            [0, 0],
            [10, 10],
          ],
        },
      ],
      limit: { y: 10, title: 'limit' },
    });
    expect(image).toMatch(/^<svg [^>]*viewBox="0 0 760 420"/);
    for (const words of ['Calls &amp; limits', 'time (s)', 'calls &lt;1 s&gt;', 'gateway', 'limit']) {
      expect(image).toContain(`>${words}</text>`);
    }
    expect(image).toContain('points="70.0,318.0 720.0,48.0"');
    expect(image).toContain('stroke-dasharray');
  });

  test('of steps changes only at its points', () => {
    const image = linesChart({
      title: 'Calls',
      x: { title: 'time (s)', scale: linear(0, 10) },
      y,
      lines: [
        {
          title: 'gateway',
          colour: '#123456',
          points: [
            [0, 0],
            [10, 10],
          ],
        },
      ],
      steps: true,
    });
    expect(image).toContain('points="70.0,318.0 720.0,318.0 720.0,48.0"');
  });

  test('of bars writes each value, also one at the foot, and leaves gaps for what there is none of', () => {
    const image = barsChart({
      title: 'Calls',
      y: { title: 'calls', scale: logarithmic(0.1, 1000) },
      groups: ['slow', 'failing', 'long'],
      series: [
        {
          title: 'gateway',
          colour: '#123456',
          values: [{ value: 0 }, undefined, { value: 160, unfinished: true }],
        },
      ],
    });
    expect(image.match(/<rect /g)).toHaveLength(2);
    expect(image).toContain('>0</text>');
    expect(image).toContain('>&gt; 160</text>');
    expect(image).toContain('>failing</text>');
  });
});
