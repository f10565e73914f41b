import type { Query } from '@tanstack/react-query';
import { TRPCClientError } from '@trpc/client';
import { refusalSentence } from './refusal.ts';

/** That something on the page is older than the page would have it. */
export type NotReadAnew = {
  /** When the oldest of it was read, in milliseconds. */
  readonly sinceMs: number;
  /** Why it could not be read again, the last time that was tried. */
  readonly reason: string;
};

/**
 * Whether what a query shows is there, and could not be read anew: its page goes on showing it. That the next page of a
 * list could not be read makes nothing old that is shown.
 */
export function isNotReadAnew(query: Query): boolean {
  const { status, data, fetchMeta } = query.state;
  return query.isActive() && status === 'error' && data !== undefined && fetchMeta?.fetchMore === undefined;
}

export function notReadAnew(queries: readonly Query[]): NotReadAnew | null {
  const old = queries.filter(isNotReadAnew).map((query) => query.state);
  const [last] = old.toSorted((a, b) => b.errorUpdatedAt - a.errorUpdatedAt);
  if (last === undefined) return null;
  return {
    sinceMs: Math.min(...old.map((each) => each.dataUpdatedAt)),
    reason: sentenceOf(last.error),
  };
}

/** What no answer of the API stands behind is the browser's own word for that there was none. */
function sentenceOf(error: Error | null): string {
  if (error === null || (error instanceof TRPCClientError && !error.data)) return 'Reprise does not answer.';
  return refusalSentence(error);
}
