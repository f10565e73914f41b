import type { Scope } from '../replay/index.ts';
import { counted } from '../shared/counted.ts';
import type { Fact, ReplayRow, ReviewFigures, ReviewRows } from './fact-types.ts';
import { missing, said, span } from './say.ts';

type Proving = {
  /** The first of the same contract before that, over whatever scope: each fact names its own. */
  readonly before: ReplayRow | undefined;
  /** What proves the recovery, or else was found last where there is more than one. */
  readonly after: ReplayRow | undefined;
};

/** Which replays say what was wrong, and that it is right. One alone that proves nothing is over is what was found before. */
export function proving(replays: readonly ReplayRow[], recoveryEvidenceId: string | null): Proving {
  const after =
    replays.find(({ evidenceId }) => evidenceId === recoveryEvidenceId) ??
    (replays.length > 1 ? replays.at(-1) : undefined);
  const earlier = replays.filter(
    ({ contractId, recordedAt }) =>
      after === undefined || (contractId === after.contractId && recordedAt < after.recordedAt),
  );
  return { before: earlier[0], after };
}

export function historyOf(
  { incident, replays, invariants }: ReviewRows,
  figures: ReviewFigures,
): readonly Fact[] {
  const { recoveryEvidenceId, recoveryReason } = incident;
  const { before, after } = proving(replays, recoveryEvidenceId);
  return [
    scopeFact(after ?? before),
    diffFact('Differing rows before', before),
    diffFact('Differing rows after', after),
    ...(invariants.length === 0
      ? [missing('Invariants', 'nothing-on-record')]
      : invariants.map(({ name, outcome }) => said(`Invariant ${name}`, outcome))),
    recoveryEvidenceId === null
      ? said(
          'Proof of the recovery',
          `none: it was said with a reason${recoveryReason === null ? '' : `: ${recoveryReason}`}`,
        )
      : said('Proof of the recovery', `record ${recoveryEvidenceId}`, `/evidence/${recoveryEvidenceId}`),
    span('Measured time to recover', figures.recoverMs),
  ];
}

function scopeFact(replay: ReplayRow | undefined): Fact {
  const label = 'Replayed';
  if (replay === undefined || replay.eventsProcessed === null) return missing(label, 'nothing-on-record');
  return said(
    label,
    `${coverageWords(replay)}, ${counted(replay.eventsProcessed, 'event')}`,
    `/evidence/${replay.evidenceId}`,
  );
}

/** `2 (trusted, different) of the whole history` */
function diffFact(label: string, replay: ReplayRow | undefined): Fact {
  if (replay === undefined) return missing(label, 'nothing-on-record');
  const verdict = [replay.confidence, replay.agreement].filter((each) => each !== null).join(', ');
  return said(
    label,
    `${replay.differing}${verdict === '' ? '' : ` (${verdict})`} of ${coverageWords(replay)}`,
    `/evidence/${replay.evidenceId}`,
  );
}

/** `the whole history`, `part of the history: partitions 0, 3` */
function coverageWords({ coverageKind, scope }: ReplayRow): string {
  if (coverageKind === 'whole') return 'the whole history';
  const words = scope === null ? null : scopeWords(scope);
  return words === null ? 'part of the history' : `part of the history: ${words}`;
}

const MOST_RANGES = 10;

/** Keys are counted and not named: nobody could erase them here. null: it was asked for all of it. */
function scopeWords(scope: Scope): string | null {
  switch (scope.kind) {
    case 'all':
      return null;
    case 'partitions':
      return `${scope.partitions.length === 1 ? 'partition' : 'partitions'} ${scope.partitions.join(', ')}`;
    case 'offsets': {
      const named = scope.ranges
        .slice(0, MOST_RANGES)
        .map(({ partition, from, to }) => `offsets ${from} to ${to} of partition ${partition}`);
      const more = scope.ranges.length - named.length;
      return named.join(', ') + (more > 0 ? ` and ${counted(more, 'more range')}` : '');
    }
    case 'time':
      return `from ${scope.from} to ${scope.to}`;
    case 'keys':
      return counted(scope.keys.length, 'key');
  }
}
