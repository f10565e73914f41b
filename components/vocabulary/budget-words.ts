import { counted, formatCount, formatDuration, formatShare } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import type { BudgetSummary, PairVerdict } from '@/server/application/budget/views.ts';

/** What pages say about failure budgets. */

/**
 * The id of a budget as it stands in an address: each part encoded, colons as they are. A browser or a chat may have
 * encoded the colons too, or have decoded the parts.
 */
export function readBudgetId(segment: string): string {
  return segment.split(/:|%3A/i).map(again).join(':');
}

function again(part: string): string {
  try {
    return encodeURIComponent(decodeURIComponent(part));
  } catch {
    return encodeURIComponent(part);
  }
}

export const budgetHref = ({ id }: Pick<BudgetSummary, 'id'>) => `/budgets/${id}`;

export function subjectName({ subject }: Pick<BudgetSummary, 'subject'>): string {
  return subject.slice(subject.indexOf(':') + 1);
}

const words = {
  lag: 'Lag',
  duplicates: 'Duplicate events',
  losses: 'Lost events',
  compensations: 'Failed compensations',
} as const;

/** `Lag of warehouse-projector`, `Lost events` */
export function budgetName(budget: Pick<BudgetSummary, 'indicator' | 'subject'>): string {
  return budget.indicator === 'lag' ? `Lag of ${subjectName(budget)}` : words[budget.indicator];
}

/** `warehouse-projector’s lag`, within a sentence */
function inSentence(budget: BudgetSummary): string {
  if (budget.indicator === 'lag') return `${subjectName(budget)}’s lag`;
  return `${words[budget.indicator].toLowerCase()} of ${budget.contractId}`;
}

/** An amount in the unit of the budget. */
export function amount(budget: Pick<BudgetSummary, 'indicator'>, value: number): string {
  if (budget.indicator === 'lag') return formatDuration(value);
  return Number.isInteger(value) ? formatCount(value) : formatCount(value, 2);
}

export function objectiveWords({ allowance, windowKind, timeZone }: BudgetSummary): string {
  const window =
    windowKind.kind === 'rolling'
      ? `in ${counted(windowKind.days, 'day')}`
      : `in a calendar month (${timeZone})`;
  switch (allowance.kind) {
    case 'time':
      return `less than ${formatDuration(allowance.allowedMs)} of more than ${formatDuration(allowance.overMs)} behind, ${window}`;
    case 'share':
      return `less than ${percent(allowance.share)} of all, ${window}`;
    case 'none':
      return `none, ${window}`;
  }
}

/** A share that is small on purpose is told as it is. */
export function percent(share: number): string {
  return share > 0 && share < 0.0001 ? `${Number((share * 100).toPrecision(2))} %` : formatShare(share);
}

export function rateWords(rate: number | null): string {
  if (rate === null) return 'none counted';
  if (rate === 0) return '0';
  return rate >= 100 ? formatCount(rate) : rate >= 0.01 ? formatCount(rate, 2) : '< 0.01';
}

export function stateTone({ standing: { state, pairs } }: Pick<BudgetSummary, 'standing'>): Tone {
  switch (state) {
    case 'exhausted':
      return 'failed';
    case 'burning':
      return pairs.some(({ verdict, urgency }) => verdict === 'fires' && urgency === 'page')
        ? 'failed'
        : 'different';
    case 'within':
      return 'verified';
    case 'few':
    case 'unknown':
    case 'unmeasured':
      return 'unknown';
  }
}

export function stateWord({ allowance, standing: { state, spent } }: BudgetSummary): string {
  switch (state) {
    case 'exhausted':
      return allowance.kind === 'none' ? `${formatCount(spent)} lost` : 'exhausted';
    case 'burning':
      return 'burning';
    case 'within':
      return 'within';
    case 'few':
      return 'too few to say';
    case 'unknown':
      return 'not known';
    case 'unmeasured':
      return 'not measured yet';
  }
}

export const pairTone: Readonly<Record<PairVerdict, Tone>> = {
  fires: 'failed',
  held: 'different',
  below: 'verified',
  unknown: 'unknown',
  never: 'unknown',
};
export const pairWord: Readonly<Record<PairVerdict, string>> = {
  fires: 'fires',
  held: 'held back',
  below: 'does not fire',
  unknown: 'not known',
  never: 'not asked',
};

/** An instant within a sentence; `WithTimes` shows it in the reader's zone. */
const whenWords = (atMs: number) => `at ${new Date(atMs).toISOString()}`;

/** When it is exhausted at this rate, where that is no instant. */
export function exhaustedWords({ standing }: Pick<BudgetSummary, 'standing'>): string {
  switch (standing.state) {
    case 'exhausted':
      return 'already';
    case 'few':
      return 'too few to say';
    case 'unknown':
    case 'unmeasured':
      return 'not known';
    default:
      return 'not in this window';
  }
}

export type Answer = {
  readonly tone: Tone;
  readonly verdict: string;
  readonly next: string | null;
  readonly tab: string;
};

/** `Two of 9 budgets are burning; warehouse-projector’s lag is exhausted at 14:32 UTC at this rate.` */
export function allAnswer(budgets: readonly BudgetSummary[]): Answer {
  const of = (state: BudgetSummary['standing']['state']) =>
    budgets.filter(({ standing }) => standing.state === state);
  const [exhausted, burning, unknown, unmeasured] = [
    of('exhausted'),
    of('burning'),
    of('unknown'),
    of('unmeasured'),
  ];
  const all = `${formatCount(budgets.length)} ${budgets.length === 1 ? 'budget' : 'budgets'}`;
  const blind =
    unknown.length + unmeasured.length === 0
      ? null
      : `${counted(unknown.length + unmeasured.length, 'budget')} ${unknown.length + unmeasured.length === 1 ? 'is' : 'are'} not measured, which is no good sign.`;
  if (budgets.length === 0)
    return { tone: 'unknown', verdict: 'No contract has a failure budget.', next: null, tab: 'Budgets' };
  if (unmeasured.length === budgets.length)
    return {
      tone: 'unknown',
      verdict: `Nothing was measured yet of ${all}.`,
      next: 'A worker counts against them as soon as it measures; see that one runs.',
      tab: 'Budgets',
    };
  const nearest = budgets.find(({ standing }) => standing.exhaustedAtMs !== null);
  const ends =
    nearest === undefined || nearest.standing.exhaustedAtMs === null
      ? null
      : `${inSentence(nearest)} is exhausted ${whenWords(nearest.standing.exhaustedAtMs)} at this rate`;
  const said = [
    exhausted.length > 0
      ? `${formatCount(exhausted.length)} of ${all} ${exhausted.length === 1 ? 'is' : 'are'} exhausted`
      : null,
    burning.length > 0
      ? `${formatCount(burning.length)} of ${all} ${burning.length === 1 ? 'is' : 'are'} burning`
      : null,
    ends,
  ].filter((part) => part !== null);
  const worst = exhausted[0] ?? burning[0];
  if (worst !== undefined)
    return {
      tone: exhausted.length > 0 ? 'failed' : stateTone(worst),
      verdict: `${said.join('; ')}.`,
      next: `Begin with ${inSentence(worst)}: its page names what spent it. ${blind ?? ''}`.trim(),
      tab: `${formatCount(exhausted.length + burning.length)} spent or burning · Budgets`,
    };
  // One that was measured once, and is not in this window, may burn unseen; another may not have begun.
  const unseen = unmeasured.filter(({ allowance, firstMs }) => allowance.kind === 'time' && firstMs !== null);
  return {
    tone: unknown.length + unseen.length > 0 ? 'unknown' : 'verified',
    verdict:
      ends === null
        ? `No budget of ${formatCount(budgets.length)} burns.`
        : `No budget burns too fast; ${ends}.`,
    next: blind,
    tab: 'Budgets',
  };
}

/** One budget, in a sentence and what to do about it. */
export function budgetAnswer(budget: BudgetSummary): Answer {
  const { standing, allowance } = budget;
  const { state, spent, allowed, spentShare, exhaustedAtMs } = standing;
  const of = `${amount(budget, spent)} of ${amount(budget, allowed)}${spentShare === null ? '' : ` (${percent(spentShare)})`}`;
  const tone = stateTone(budget);
  const tab = `${stateWord(budget)} · ${budgetName(budget)}`;
  const until =
    exhaustedAtMs === null
      ? ''
      : ` At the rate of the last hour it is exhausted ${whenWords(exhaustedAtMs)}.`;
  const answer = (verdict: string, next: string | null): Answer => ({ tone, verdict, next, tab });
  switch (state) {
    case 'exhausted':
      return allowance.kind === 'none'
        ? answer(
            `${counted(spent, 'event')} ${spent === 1 ? 'was' : 'were'} lost, and none may be.`,
            'Each is below, with the row that it was sent from. A replay tells what it did to derived states.',
          )
        : answer(`The budget is exhausted: ${of} are spent.`, 'What spent it is below, the newest first.');
    case 'burning':
      return answer(
        `The budget burns too fast: ${of} are spent.${until}`,
        'The burn table says over which look-backs; what spends it is below.',
      );
    case 'within':
      return answer(
        allowance.kind === 'none'
          ? `No event was lost of ${formatCount(standing.total)} that were sent.`
          : `${spent === 0 ? 'Nothing is spent' : `${of} are spent`}, and it does not burn too fast.${until}`,
        null,
      );
    case 'few':
      return answer(
        `${formatCount(standing.total)} were counted in this window: too few for a share to say anything.`,
        `Below ${formatCount(allowance.kind === 'share' ? allowance.minimumCount : 0)} it is shown, and opens nothing. So far ${amount(budget, spent)} went wrong, where ${amount(budget, allowed)} of so few may.`,
      );
    case 'unknown':
      return answer(
        `Of late too little was measured to say whether it burns. ${of} are known to be spent.`,
        'What is not measured is not good: see that a worker runs and can reach what it measures.',
      );
    case 'unmeasured':
      return answer(
        'Nothing was measured in this window yet.',
        budget.whyUnmeasured ?? 'A worker counts against it as soon as it measures; see that one runs.',
      );
  }
}
