import type { Glass } from '../ports/break-glass.ts';

/** As the record names it: who let it run without its approvals, by which incident. */
export function glassFact(glass: Glass | null) {
  if (glass === null || glass.second === null) return null;
  return {
    incident: glass.id,
    by: [glass.firstBy, glass.second.by],
    at: glass.second.at,
    reasons: [glass.firstReason, glass.second.reason],
  };
}
