import { formatCount, formatDuration } from '@/components/ui/format-number.ts';
import { scopeWords } from '@/components/vocabulary/scope-words.ts';
import { type CompareRow, type Fact, sideBySide } from '@/components/vocabulary/side-by-side.ts';
import type { ReplayDetail } from '@/server/application/views.ts';
import { reasonWords } from './replay-sentence.ts';

/** What was to be read, under which contract, compared with what. */
export function planRows(
  before: ReplayDetail,
  after: ReplayDetail,
  nameOf: (personId: string) => string,
): readonly CompareRow[] {
  return sideBySide(planFacts(before, nameOf), planFacts(after, nameOf));
}

/** What came of it: verdicts, counts, each derived state, each invariant, the digests. */
export function resultRows(before: ReplayDetail, after: ReplayDetail): readonly CompareRow[] {
  return sideBySide(resultFacts(before), resultFacts(after));
}

function planFacts(replay: ReplayDetail, nameOf: (personId: string) => string): readonly Fact[] {
  const { plan } = replay;
  return [
    ['Contract', `${replay.contractId} v${replay.contractVersion}`],
    ['Bundle', plan?.contract.bundleDigest ?? null, 'digest'],
    ['Scope', scopeWords(replay.scope)],
    ['History', plan === null ? null : `${plan.history.kind} ${plan.history.name}`],
    ['History identity', plan?.history.identity ?? null],
    ...(plan?.ranges ?? []).map(
      (range): Fact => [`Partition ${range.partition}`, `${range.from}–${range.to}`],
    ),
    ['Event estimate', plan === null ? null : formatCount(BigInt(plan.eventEstimate))],
    ['Compares', plan === null ? null : plan.compare.join(', ') || 'nothing'],
    ['Rate limit', replay.rateLimit === null ? 'none' : `${formatCount(replay.rateLimit)} events/s`],
    ['Requested by', nameOf(replay.requestedBy)],
    ['Reason', replay.reason || 'none given'],
  ];
}

function resultFacts(replay: ReplayDetail): readonly Fact[] {
  const { counters } = replay;
  return [
    ['Status', replay.status],
    ['Confidence', replay.confidence],
    ['Because', replay.confidenceReasons.map(reasonWords).join('; ') || 'nothing speaks against it'],
    ['Agreement', replay.agreement?.replace('-', ' ') ?? null],
    ['Coverage', replay.coverage?.kind ?? null],
    ['Events processed', formatCount(replay.eventsProcessed)],
    ['Applied', formatCount(counters.applied)],
    ['Duplicates skipped', formatCount(counters.duplicates)],
    ['Conflicting duplicates', formatCount(counters.conflictingDuplicates)],
    ['Filtered', formatCount(counters.filtered)],
    ['Quarantined', formatCount(counters.quarantined)],
    ['Missing offsets', formatCount(counters.absentMissing)],
    ['Differing keys', replay.discrepancies === null ? null : formatCount(replay.discrepancies)],
    ...replay.comparisons.map(
      (each): Fact => [
        `State ${each.derivedState}`,
        `${each.outcome.replaceAll('-', ' ')}, ${formatCount(each.equal)} of ${formatCount(each.keys)} keys equal`,
      ],
    ),
    ...replay.invariants.map((each): Fact => [`Invariant ${each.name}`, each.outcome.replaceAll('-', ' ')]),
    ['Shadow digest', replay.shadowDigest, 'digest'],
    ['History digest', replay.historyDigest, 'digest'],
    ['Duration', replay.durationMs === null ? null : formatDuration(replay.durationMs)],
  ];
}
