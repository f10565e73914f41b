import { scalarText } from '@/components/vocabulary/scalar-text.ts';
import type { Fact } from '@/components/vocabulary/side-by-side.ts';

export type Said = Readonly<Record<string, unknown>>;

export const text = (value: unknown): string | null => {
  if (typeof value === 'number') return scalarText(value);
  if (typeof value === 'string') return value === '' ? null : value;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return Array.isArray(value) ? value.map(text).filter(Boolean).join(', ') || null : null;
};
export const words = (name: string) =>
  name.replaceAll('_', ' ').replace(/([a-z])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`);
export const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

/** Where a field of a predicate is shown in words already; a star stands for a member of a list. */
const shownInWords: readonly RegExp[] = [
  /^(status|failure\.code|confidence_status|confidence_reasons|agreement|plan_hash|requested_by|cancelled_by)$/,
  /^coverage\.sentence$/,
  /^plan\.(scope\.(kind|key_count|from|to)|history\.(kind|name|identity)|compare|derivedState|keys|diffDigest)$/,
  /^contract\.(version|bundleDigest)$/,
  // The same as the contract’s own, which a promotion has there alone.
  /^plan\.contract\./,
  // It follows from the bundle, whose digest is shown.
  /^contract\.description\./,
  /^ranges\.\*\.(partition|from|to)$/,
  /^(software|counters|findings|digests)\.[^.]+$/,
  /^(events_processed|duplicates_skipped|reconciliation_failures|projections_changed\.total|keys_[a-z_]+)$/,
  /^comparisons\.\*\.(derivedState|outcome|equal|keys)$/,
  /^invariants\.\*\.(name|outcome)$/,
  /^approvals\.\*\.(by|verdict|void)$/,
  /^break_glass\.by$/,
  /^attachments\./,
  // Sentences that follow from the rest.
  /^does_not_prove$/,
];

/** What two records can't have alike: their own ids, instants, and digests of what was salted. */
const ofItsOwn: readonly RegExp[] = [
  /^(replay|promotion|decision|attempt|act|review)_id$/,
  /(^|[._])at$|[a-z]At$/,
  /^(remarks|rows|result)\.sha256$/,
];

/** Every field of a predicate that is not shown in words, by the part that it belongs to. */
export function leavesOf(
  said: Said,
  partOf: (field: string) => string,
): ReadonlyMap<string, readonly Fact[]> {
  const parts = new Map<string, Fact[]>();
  for (const [field, value] of Object.entries(said)) {
    const facts = leaves(value, field, capital(words(field)));
    if (facts.length === 0) continue;
    const part = partOf(field);
    parts.set(part, [...(parts.get(part) ?? []), ...facts]);
  }
  return parts;
}

function leaves(value: unknown, path: string, label: string): readonly Fact[] {
  if (Array.isArray(value) && value.some((each) => typeof each === 'object' && each !== null)) {
    const names = value.map(nameOf);
    // Two of one name would be taken for each other.
    const nameAt = (at: number) =>
      names.indexOf(names[at] ?? '') === at ? names[at] : `${names[at]} (${at + 1})`;
    return value.flatMap((each, at) => leaves(each, `${path}.*`, `${label}, ${nameAt(at)}`));
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.entries(value).flatMap(([name, each]) =>
      leaves(each, `${path}.${name}`, `${label}: ${words(name)}`),
    );
  if ([...shownInWords, ...ofItsOwn].some((each) => each.test(path))) return [];
  const isDigest = typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
  return [isDigest ? [label, value, 'digest'] : [label, text(value)]];
}

/** By what a member of a list is told from the others; else by its place. */
function nameOf(member: unknown, at: number): string {
  const fields = typeof member === 'object' && member !== null ? { ...member } : {};
  const names = new Map<string, unknown>(Object.entries(fields));
  const [partition, offset] = [text(names.get('partition')), text(names.get('offset'))];
  if (partition !== null && offset !== null) return `${partition}/${offset}`;
  for (const name of ['derivedState', 'name', 'partition', 'id', 'by']) {
    const found = text(names.get(name));
    if (found !== null) return found;
  }
  return String(at + 1);
}
