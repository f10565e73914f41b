import type { IncidentClass } from '../contract/index.ts';

/** What is to be done about it: by whom, until when, and how it is known to be done. */
export type ActionItem = {
  readonly id: string;
  readonly title: string;
  /** A person's id; null: nobody has taken it. */
  readonly owner: string | null;
  /** A day, `2026-12-24`; null: none was said. */
  readonly dueOn: string | null;
  readonly link: string | null;
  readonly doneWhen: string;
};

const DAY_MS = 86_400_000;

/** Days until an action is due, as a proposal by how bad it was. */
export const dueDays: Readonly<Record<IncidentClass, number>> = { P1: 7, P2: 14, P3: 30, P4: 90 };

/** The day that is proposed, in UTC. */
export function proposedDueOn(of: IncidentClass, from: Date): string {
  return new Date(from.getTime() + dueDays[of] * DAY_MS).toISOString().slice(0, 10);
}

/** Whole days since the day on which it was due, in UTC; null: it is not late. The due day itself is not late. */
export function daysLate(dueOn: string | null, done: boolean, now: Date): number | null {
  if (dueOn === null || done) return null;
  const today = Date.parse(now.toISOString().slice(0, 10));
  const late = Math.round((today - Date.parse(dueOn)) / DAY_MS);
  return late > 0 ? late : null;
}
