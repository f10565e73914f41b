/** What an approver had before them when they looked. Ids and figures, and nothing in words. */
export type Seen = {
  /** Of the contract, the newest that was registered. */
  readonly latestVersion: number | null;
  /** Of the decisions by their id, whether they counted. */
  readonly decisions: Readonly<Record<string, boolean>>;
  /** The newest record of evidence of the contract. */
  readonly evidenceId: string | null;
  /** Offsets written behind the plan's ends, decimal text; null where that could not be known. */
  readonly behind: string | null;
};

/** The same now, with what is needed to say what has changed. */
export type InSight = Omit<Seen, 'decisions'> & {
  readonly decisions: readonly {
    readonly id: string;
    readonly personId: string;
    readonly verdict: 'approved' | 'rejected';
    readonly expiresAt: string;
    readonly voidReason: string | null;
    readonly counts: boolean;
  }[];
};

/** One thing that is new since somebody looked. */
export type LookChange =
  | { readonly kind: 'version'; readonly version: number }
  | { readonly kind: 'decision'; readonly personId: string; readonly verdict: 'approved' | 'rejected' }
  | { readonly kind: 'void'; readonly personId: string; readonly why: string | null }
  | { readonly kind: 'evidence'; readonly evidenceId: string }
  | { readonly kind: 'expiry'; readonly personId: string; readonly expiresAt: string }
  | { readonly kind: 'behind'; readonly before: string; readonly now: string };

/** A pause after which somebody who looks again comes anew. */
export const VISIT_MINUTES = 15;
const NEARER_MS = 3_600_000;

export function seenOf({ decisions, ...rest }: InSight): Seen {
  return { ...rest, decisions: Object.fromEntries(decisions.map(({ id, counts }) => [id, counts])) };
}

/** What is new to `reader` since they saw that, the weightiest first. Their own decisions are no news to them. */
export function changesSince(
  seen: { readonly at: string; readonly what: Seen },
  sight: InSight,
  reader: string,
  now: Date,
): readonly LookChange[] {
  const changes: LookChange[] = [];
  const { what } = seen;
  if (sight.latestVersion !== null && sight.latestVersion !== what.latestVersion)
    changes.push({ kind: 'version', version: sight.latestVersion });
  for (const { id, personId, verdict, voidReason, counts } of sight.decisions) {
    const before = what.decisions[id];
    if (before === undefined && personId !== reader) changes.push({ kind: 'decision', personId, verdict });
    if (before !== false && !counts && (before === true || personId !== reader))
      changes.push({ kind: 'void', personId, why: voidReason });
  }
  if (sight.evidenceId !== null && sight.evidenceId !== what.evidenceId)
    changes.push({ kind: 'evidence', evidenceId: sight.evidenceId });
  const next = soonest(sight.decisions.filter(({ counts, verdict }) => counts && verdict === 'approved'));
  if (next !== null && now.getTime() - Date.parse(seen.at) >= NEARER_MS)
    changes.push({ kind: 'expiry', personId: next.personId, expiresAt: next.expiresAt });
  if (sight.behind !== null && what.behind !== null && BigInt(sight.behind) > BigInt(what.behind))
    changes.push({ kind: 'behind', before: what.behind, now: sight.behind });
  return changes;
}

function soonest<Each extends { readonly expiresAt: string }>(decisions: readonly Each[]): Each | null {
  return decisions.toSorted((a, b) => Date.parse(a.expiresAt) - Date.parse(b.expiresAt))[0] ?? null;
}
