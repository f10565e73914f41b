import { counted, grouped } from '../shared/counted.ts';
import type { Amount, Fact, ReplayRow, ReviewFigures, ReviewRows } from './fact-types.ts';
import { missing, said, span } from './say.ts';
import { budgetWords, spentWords } from './spent-words.ts';

/** The replay that found most rows to differ, of several the first. */
export function worstOf(replays: readonly ReplayRow[]): ReplayRow | undefined {
  return replays.toSorted((one, other) => other.differing - one.differing)[0];
}

export function impactOf(rows: ReviewRows, figures: ReviewFigures): readonly Fact[] {
  const { incident, spent, written } = rows;
  return [
    span('From its beginning to its end', figures.recoverMs),
    ...differing(rows),
    ...Object.entries(incident.facts).map(([label, value]) => said(`As its signal said: ${label}`, value)),
    ...spentFacts(spent),
    said(
      'Corrected in live states',
      written.promotions === 0
        ? 'no promotion'
        : `${counted(written.rows, 'row')} by ${counted(written.promotions, 'promotion')}`,
    ),
  ];
}

/** How many, which they are, and by how much. No key is named here, because nobody could erase it. */
function differing({ replays, differences }: ReviewRows): readonly Fact[] {
  const worst = worstOf(replays);
  if (worst === undefined) return [missing('Rows that differed from history', 'not-measured')];
  const rows = said(
    'Rows that differed from history, of all derived states, at most',
    counted(worst.differing, 'row'),
    `/evidence/${worst.evidenceId}`,
  );
  if (worst.differing === 0 || differences === null) return [rows];
  const which =
    worst.replayId === null
      ? null
      : `/states/${encodeURIComponent(worst.contractId)}?replay=${worst.replayId}`;
  const { keys, amounts, hidden } = differences;
  return [
    rows,
    said('Keys that differed then', counted(keys, 'key'), which),
    ...amounts.map((each) =>
      said(`Live minus history: ${each.derivedState}, ${each.field}`, amountWords(each)),
    ),
    ...(hidden === 0
      ? []
      : [said('Live minus history: other fields', `${counted(hidden, 'field')}, hidden`)]),
    ...(amounts.length + hidden === 0 ? [missing('Live minus history', 'nothing-on-record')] : []),
  ];
}

/** `-12 on 3 rows`, `0 on 2 rows (14 without signs)` */
function amountWords({ rows, sum, size }: Amount): string {
  const apart = sum.replace('-', '') === size ? '' : ` (${figure(size)} without signs)`;
  return `${figure(sum)} on ${counted(rows, 'row')}${apart}`;
}

/** `-1234.50` → `-1,234.50` */
function figure(decimal: string): string {
  const [whole = '0', ...fraction] = decimal.split('.');
  const sign = whole.startsWith('-') ? '-' : '';
  return [`${sign}${grouped(BigInt(whole.replace('-', '')))}`, ...fraction].join('.');
}

function spentFacts(spent: ReviewRows['spent']): readonly Fact[] {
  if (spent === null) return [missing('Budget spent', 'not-measured')];
  if (spent.length === 0) return [missing('Budget spent', 'nothing-on-record')];
  return spent.map((each) => said(`Budget spent: ${budgetWords(each)}`, spentWords(each)));
}
