/** Tables and single figures. Everything is put in as text, never as HTML. */

import { OLD_MS } from './minute.js';

const whole = new Intl.NumberFormat('en');

export function say(id, text) {
  const place = document.querySelector(`#${id}`);
  if (place.textContent !== String(text)) place.textContent = text;
}

export const counted = (value) => whole.format(value);

/** As people say it: 340 ms, 12 s, 5 min, 3 h, 2 d. */
export function lasting(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`;
}

const sizeOf = (bytes) => `${(bytes / 1_048_576).toFixed(1)} MiB`;

/** Rows are kept, and only what has changed is written, so that nothing is read out or selected twice. */
function fill(id, rows, nothing) {
  const body = document.querySelector(`#${id} tbody`);
  const columns = document.querySelectorAll(`#${id} thead th`).length;
  while (body.rows.length > Math.max(1, rows.length)) body.deleteRow(-1);
  if (rows.length === 0) {
    const cell = document.createElement('td');
    Object.assign(cell, { className: 'empty', colSpan: columns, textContent: nothing });
    const row = document.createElement('tr');
    row.append(cell);
    if (body.textContent !== nothing) body.replaceChildren(row);
    return;
  }
  if (body.querySelector('.empty')) body.replaceChildren();
  for (const [at, { is, cells }] of rows.entries()) {
    const row = body.rows[at] ?? body.insertRow();
    row.dataset.is = is ?? '';
    for (const [column, text] of cells.entries()) {
      const cell = row.cells[column] ?? row.appendChild(heading(column));
      if (cell.textContent !== String(text)) cell.textContent = text;
    }
  }
}

/** The first cell names the row. */
function heading(column) {
  const cell = document.createElement(column === 0 ? 'th' : 'td');
  if (column === 0) cell.scope = 'row';
  return cell;
}

export function showTeams(replicas, queue) {
  const sums = new Map();
  for (const { status } of replicas) {
    for (const [team, account] of Object.entries(status.teams)) {
      const sum = sums.get(team) ?? {
        caller: 0,
        refresh: 0,
        idle: 0,
        cache: 0,
        sharing: 0,
        waitedMs: 0,
        refused: 0,
      };
      sums.set(team, {
        caller: sum.caller + account.spent.caller,
        refresh: sum.refresh + account.spent.refresh,
        idle: sum.idle + account.spent.idle,
        cache: sum.cache + account.savedByCache,
        sharing: sum.sharing + account.savedBySharing,
        waitedMs: sum.waitedMs + account.waitedMs,
        refused: sum.refused + account.refused,
      });
    }
  }
  const rows = [...sums].sort().map(([team, sum]) => {
    const waiting = queue.find((each) => each.team === team);
    const waiters = sum.caller + sum.sharing;
    return {
      cells: [
        team,
        counted(waiting?.flights ?? 0),
        waiting ? lasting(waiting.oldestMs) : '–',
        ...[sum.caller, sum.refresh, sum.idle, sum.cache, sum.sharing].map(counted),
        waiters === 0 ? '–' : lasting(sum.waitedMs / waiters),
        counted(sum.refused),
      ],
    };
  });
  fill('teams', rows, 'There is no team.');
}

export const showIndexes = (indexes) =>
  fill(
    'indexes',
    indexes.map(([index, count]) => ({ cells: [index, counted(count)] })),
    'Nobody has asked.',
  );

export function showProblems(replicas, now) {
  const sums = new Map();
  for (const { status } of replicas) {
    for (const [code, { count, lastAt }] of Object.entries(status.problems)) {
      const sum = sums.get(code) ?? { count: 0, lastAt: 0 };
      sums.set(code, { count: sum.count + count, lastAt: Math.max(sum.lastAt, lastAt) });
    }
  }
  const rows = [...sums]
    .sort(([, a], [, b]) => b.lastAt - a.lastAt)
    .map(([code, { count, lastAt }]) => ({
      cells: [code, counted(count), `${lasting(Math.max(0, now - lastAt))} ago`],
    }));
  fill('problems', rows, 'There was none.');
}

export function showReplicas(replicas, own, now) {
  const rows = replicas.map(({ ageMs, replica, status }) => {
    const { budget, cache, ready, redis, startedAt, version } = status;
    const broken = Object.entries(budget.breakers).filter(([, state]) => state !== 'closed');
    const state = ready ? 'ready' : 'draining';
    return {
      is: ageMs > OLD_MS ? 'old' : '',
      cells: [
        `${replica.slice(0, 8)}${replica === own ? ' (this one)' : ''}`,
        version,
        lasting(now - Date.parse(startedAt)),
        ageMs > OLD_MS ? `last heard of ${lasting(ageMs)} ago` : state,
        budget.mode,
        redis === undefined ? 'none' : redis.up ? 'up' : 'lost',
        counted(budget.inFlight),
        broken.length === 0
          ? 'closed'
          : broken.map(([name, how]) => `${name} ${how.replace('_', ' ')}`).join(', '),
        `${counted(cache.memory.entries)}, ${sizeOf(cache.memory.bytes)}`,
      ],
    };
  });
  fill('replicas', rows, '');
}
