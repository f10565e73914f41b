import type { BudgetName } from './objective.ts';
import { MINUTE_MS, type Span } from './window.ts';

/** Time that is left out of what was spent: planned maintenance, a drill. Of a whole contract, or of one budget. */
export type Exclusion = Span & {
  readonly id: string;
  readonly contractId: string;
  /** null: of all budgets of the contract. */
  readonly indicator: BudgetName['indicator'] | null;
  readonly subject: string | null;
  /** Each entry that ends it earlier, or takes it back as if it had never been. */
  readonly ends: readonly { readonly kind: 'ended' | 'revoked'; readonly atMs: number }[];
};

/** What of it counts; null: nothing, because it was revoked, or ended before it began. */
export function effectiveSpan(exclusion: Exclusion): Span | null {
  if (exclusion.ends.some(({ kind }) => kind === 'revoked')) return null;
  const toMs = Math.min(exclusion.toMs, ...exclusion.ends.map(({ atMs }) => atMs));
  return toMs > exclusion.fromMs ? { fromMs: exclusion.fromMs, toMs } : null;
}

export function isAbout(exclusion: Exclusion, budget: BudgetName): boolean {
  return (
    exclusion.contractId === budget.contractId &&
    (exclusion.indicator === null ||
      (exclusion.indicator === budget.indicator &&
        (exclusion.subject === null || exclusion.subject === budget.subject)))
  );
}

/** All that is left out of one budget: spans that don't touch each other, in their order. */
export function excludedSpans(exclusions: readonly Exclusion[], budget: BudgetName): readonly Span[] {
  const spans = exclusions
    .filter((each) => isAbout(each, budget))
    .map(effectiveSpan)
    .filter((span) => span !== null)
    .toSorted((a, b) => a.fromMs - b.fromMs);
  const joined: Span[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last !== undefined && span.fromMs <= last.toMs)
      joined[joined.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, span.toMs) };
    else joined.push(span);
  }
  return joined;
}

/** Budgets are kept by the minute, so that an exclusion begins and ends with one: outwards to full minutes. */
export function toFullMinutes({ fromMs, toMs }: Span): Span {
  return {
    fromMs: Math.floor(fromMs / MINUTE_MS) * MINUTE_MS,
    toMs: Math.ceil(toMs / MINUTE_MS) * MINUTE_MS,
  };
}
