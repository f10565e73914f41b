/** What people are told of. Beside a check in the database; a test compares them. */
export const noticeKinds = [
  'waiting',
  'approved',
  'rejected',
  'voided',
  'expired',
  'taken-back',
  'glass-begun',
  'glass-broken',
  'ended',
  'incident-opened',
  'incident-escalated',
  'incident-recovered',
  'incident-told',
  'review-overdue',
  'test',
] as const;
export type NoticeKind = (typeof noticeKinds)[number];

export const noticeChannels = ['email', 'webhook'] as const;
export type NoticeChannel = (typeof noticeChannels)[number];

/** `dropped`: not sent, because nobody was left to be told, or nothing is configured to tell them by. */
export const deliveryStates = ['waiting', 'sent', 'given-up', 'dropped'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** What a notice is about; `channel` of a test alone. */
export const noticeSubjects = [
  'replay',
  'promotion',
  'incident',
  'channel',
  'runbook-run',
  'review',
  'redrive',
] as const;
export type NoticeSubjectKind = (typeof noticeSubjects)[number];
export type NoticeSubject = { readonly kind: NoticeSubjectKind; readonly id: string };

const MOST_TRIES = 17;
/** Of a refusal that waiting alone does not mend, such as an address that there is not. */
const MOST_TRIES_REFUSED = 4;
const LONGEST_PAUSE_MS = 30 * 60_000;
const FIRST_PAUSE_MS = 5_000;

/** How long to wait before the next try, after so many; null: it is given up. With the usual first pause after four hours. */
export function pauseBeforeNextTry(
  tries: number,
  lasting: boolean,
  firstPauseMs = FIRST_PAUSE_MS,
): number | null {
  if (tries >= (lasting ? MOST_TRIES_REFUSED : MOST_TRIES)) return null;
  return Math.min(firstPauseMs * 2 ** Math.max(0, tries - 1), LONGEST_PAUSE_MS);
}
