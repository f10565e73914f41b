import { mergeText } from '@/server/domain/review/merge.ts';

type Kept = { readonly base: { readonly version: number; readonly text: string }; readonly text: string };

type Text = { readonly version: number; readonly text: string };

/**
 * What stands in the editor once a save has come back, and what of it is still to be kept; null: all of it is saved.
 * What was typed while the save was on its way is in neither of the two that were saved.
 */
export function afterSave(
  sent: string,
  now: string,
  saved: Text,
): { readonly base: Text; readonly text: string; readonly keep: Kept | null } {
  const base = { version: saved.version, text: saved.text };
  const { text } = mergeText(sent, now, saved.text);
  return { base, text, keep: text === saved.text ? null : { base, text } };
}

const nameOf = (key: string) => `reprise.review.${key}`;

/** Of one person: on a machine that several share nobody finds, and saves as theirs, what somebody else has typed. */
export const draftKey = (personId: string, reviewId: string, section: string): string =>
  `${personId}.${reviewId}.${section}`;

/** What somebody typed and has not saved, kept by the browser: a closed tab loses nothing. Of nobody nothing is kept. */
export function keptDraft(key: string | null): Kept | null {
  if (key === null) return null;
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(nameOf(key)) ?? 'null');
    return isKept(kept) ? kept : null;
  } catch {
    return null;
  }
}

export function keepDraft(key: string | null, kept: Kept): void {
  if (key === null) return;
  try {
    localStorage.setItem(nameOf(key), JSON.stringify(kept));
  } catch {
    // Where storage is forbidden it lives as long as the page.
  }
}

export function forgetDraft(key: string | null): void {
  if (key === null) return;
  try {
    localStorage.removeItem(nameOf(key));
  } catch {
    // There is none.
  }
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== 'object' || value === null || !('base' in value) || !('text' in value)) return false;
  const { base, text } = value;
  if (typeof text !== 'string' || typeof base !== 'object' || base === null) return false;
  return (
    'version' in base && typeof base.version === 'number' && 'text' in base && typeof base.text === 'string'
  );
}
