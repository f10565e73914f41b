import { type IncidentClass, incidentClasses } from '../contract/index.ts';
import type { Objective } from './objective.ts';
import type { Standing } from './standing.ts';

/** What a breach is told by. */
export type Breach = {
  readonly why: 'exhausted' | 'lost' | 'page' | 'ticket';
  readonly class: IncidentClass;
};

/** What was told last, until it is over, and when. */
export type Told = {
  readonly class: IncidentClass;
  readonly why: Breach['why'];
  readonly spent: number;
  readonly atMs: number;
};

/** A breach is told anew when this much more of the budget is spent. */
export const WORSE_BY = 0.1;

/**
 * Whether something is to be told of a budget, and with which class: the contract's where the budget is exhausted or a
 * pair that pages fires, one lower for those that don't. null: nothing, or the contract wants nothing opened.
 */
export function breachOf({ onBreach, allowance }: Objective, standing: Standing): Breach | null {
  if (onBreach.incident === null) return null;
  if (standing.state === 'exhausted')
    return { why: allowance.kind === 'none' ? 'lost' : 'exhausted', class: onBreach.incident };
  const fires = standing.pairs.filter(({ verdict }) => verdict === 'fires');
  if (fires.some(({ urgency }) => urgency === 'page')) return { why: 'page', class: onBreach.incident };
  return fires.length > 0 ? { why: 'ticket', class: oneLower(onBreach.incident) } : null;
}

function oneLower(of: IncidentClass): IncidentClass {
  return incidentClasses[incidentClasses.indexOf(of) + 1] ?? of;
}

const isMoreUrgent = (one: IncidentClass, other: IncidentClass) =>
  incidentClasses.indexOf(one) < incidentClasses.indexOf(other);

export type Telling =
  | { readonly kind: 'raise'; readonly breach: Breach }
  | { readonly kind: 'clear' }
  | { readonly kind: 'nothing' };

/**
 * Decides what is told of a budget now. Of a breach that stands: nothing, unless its class is a more urgent one, it is
 * exhausted now, or it became worse by a tenth of the budget (of losses by any). What is not known to be over is not said to be.
 */
export function decideTelling(objective: Objective, told: Told | null, standing: Standing): Telling {
  const breach = breachOf(objective, standing);
  if (breach === null) {
    if (told === null) return { kind: 'nothing' };
    const isOver =
      objective.onBreach.incident === null ||
      (standing.state !== 'unknown' && standing.state !== 'unmeasured');
    // A new window in which nothing was measured yet says of losses and shares that none of it is spent.
    const hasTurned = standing.state === 'unmeasured' && objective.allowance.kind !== 'time';
    return isOver || hasTurned ? { kind: 'clear' } : { kind: 'nothing' };
  }
  // Look-backs reach over a month's turn, so that an alert outlives it: what it was exhausted by is not of this month.
  const before = told !== null && objective.window.kind !== 'rolling' && told.atMs < standing.window.fromMs;
  const spentThen = before ? 0 : (told?.spent ?? 0);
  const whyThen = before ? null : told?.why;
  // A lower class is the same trouble, growing older: it is no news.
  const isWorse = told === null || isMoreUrgent(breach.class, told.class);
  if (isWorse || (breach.why === 'exhausted' && whyThen !== 'exhausted')) return { kind: 'raise', breach };
  const step = objective.allowance.kind === 'none' ? 1 : Math.max(1, standing.allowed * WORSE_BY);
  return standing.spent >= spentThen + step ? { kind: 'raise', breach } : { kind: 'nothing' };
}
