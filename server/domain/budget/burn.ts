import type { Allowance } from './objective.ts';
import { DAY_MS, HOUR_MS, lengthOf, MINUTE_MS, type Span } from './window.ts';

/**
 * Burn rates: the share of the budget that was spent in a look-back ÷ that look-back's share of the window. A steady
 * rate of 1 spends the budget exactly by the window's end. Pairs of look-backs as in "The Site Reliability Workbook",
 * chapter 5 (Alerting on SLOs), table 5-8: the long one says that it matters, the short one that it goes on.
 */

export type Urgency = 'page' | 'ticket';

export type Pair = {
  readonly name: string;
  readonly urgency: Urgency;
  readonly longMs: number;
  readonly shortMs: number;
  /** What part of the budget is spent in the long look-back at the threshold. */
  readonly spentShare: number;
};

export const pairs: readonly Pair[] = [
  { name: 'fast', urgency: 'page', longMs: HOUR_MS, shortMs: 5 * MINUTE_MS, spentShare: 0.02 },
  { name: 'steady', urgency: 'page', longMs: 6 * HOUR_MS, shortMs: 30 * MINUTE_MS, spentShare: 0.05 },
  { name: 'day', urgency: 'ticket', longMs: DAY_MS, shortMs: 2 * HOUR_MS, spentShare: 0.1 },
  { name: 'slow', urgency: 'ticket', longMs: 3 * DAY_MS, shortMs: 6 * HOUR_MS, spentShare: 0.1 },
];

/** Every look-back that is asked for, the shortest first. */
export const lookBacks: readonly number[] = pairs
  .flatMap(({ longMs, shortMs }) => [longMs, shortMs])
  .filter((ms, at, all) => all.indexOf(ms) === at)
  .toSorted((a, b) => a - b);

/**
 * The rate at which a pair's share of the budget is spent in its long look-back: of a window of 30 days 14.4, 6, 3 and
 * 1. Never less than 1: at 1 a budget lasts for its whole window, so less is no burn, however short the window is.
 */
export function thresholdOf(pair: Pair, windowMs: number): number {
  return Math.max(1, (pair.spentShare * windowMs) / pair.longMs);
}

/** How long a whole budget lasts at a steady rate; Infinity where nothing is spent. */
export const lastsMs = (rate: number, windowMs: number): number => (rate <= 0 ? Infinity : windowMs / rate);

/** What was counted in a stretch of time, without what is excluded. */
export type Counted = {
  readonly total: number;
  readonly bad: number;
  readonly unknown: number;
  /** What was bad in excluded time: taken out of the above, and shown. */
  readonly excludedBad: number;
  /** How much of the stretch is excluded. */
  readonly excludedMs: number;
};

/**
 * The burn rate of what was counted over a look-back; null: there is none, of a budget of nothing or where nothing was
 * counted. Of a share it is the share that went wrong ÷ the share that may, since nobody knows how many events the
 * window will have.
 */
export function burnRate(
  allowance: Allowance,
  counted: Pick<Counted, 'total' | 'bad' | 'unknown'>,
  lookBackMs: number,
  windowMs: number,
): number | null {
  switch (allowance.kind) {
    case 'none':
      return null;
    case 'share':
      return counted.total <= 0 ? null : Math.max(0, counted.bad) / counted.total / allowance.share;
    case 'time':
      return counted.total <= 0
        ? null
        : Math.max(0, counted.bad) / allowance.allowedMs / (lookBackMs / windowMs);
  }
}

/**
 * When the budget is exhausted if it goes on at `rate`, in milliseconds since 1970; null: not in this window. Of rolling
 * days a steady rate of 1 or less never exhausts it, because as much falls out of the window as comes in; above 1 it is
 * the earliest that it can be, since nothing is taken to fall out.
 */
export function exhaustedAt(now: {
  readonly nowMs: number;
  readonly window: Span;
  readonly isRolling: boolean;
  readonly allowance: Allowance;
  readonly rate: number | null;
  /** What is left, in the unit of the budget. */
  readonly left: number;
  /** Of a share: how many are counted in a millisecond at present. */
  readonly perMs: number;
}): number | null {
  const { allowance, rate, window, nowMs } = now;
  if (allowance.kind === 'none' || rate === null || rate <= 0 || now.left <= 0) return null;
  if (rate <= 1 && (now.isRolling || allowance.kind === 'share')) return null;
  const spendsPerMs =
    allowance.kind === 'time'
      ? (rate * allowance.allowedMs) / lengthOf(window)
      : // What may go wrong grows with what is counted, so only what burns beyond 1 eats what is left.
        now.perMs * allowance.share * (rate - 1);
  if (spendsPerMs <= 0) return null;
  const at = nowMs + now.left / spendsPerMs;
  const endMs = now.isRolling ? nowMs + lengthOf(window) : window.toMs;
  return at <= endMs ? at : null;
}
