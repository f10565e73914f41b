import type { IncidentClass } from '../contract/index.ts';
import type { EntryKind, IncidentKind } from '../incident/index.ts';
import { counted } from '../shared/counted.ts';
import { spanWords } from './span-words.ts';
import { budgetWords, type Spent, spentWords } from './spent-words.ts';

/** Why a fact has no value: nobody measured it, or nobody wrote anything about it. */
export type Absent = 'not-measured' | 'nothing-on-record';

/** One figure, as it was read from rows, and where it can be looked up. */
export type Fact = {
  readonly label: string;
  /** null: it is not to be had, as `absent` says. */
  readonly value: string | null;
  readonly absent: Absent | null;
  /** A page of Reprise. */
  readonly href: string | null;
};

export type TimelineFact = {
  readonly entryId: string;
  readonly at: string;
  readonly kind: EntryKind;
  readonly actor: string;
  /** What somebody wrote, word for word; empty where nobody wrote anything. */
  readonly text: string;
  readonly evidenceId: string | null;
};

export type EvidenceFact = {
  readonly evidenceId: string;
  readonly kind: string;
  readonly status: string;
  readonly confidence: string | null;
  readonly agreement: string | null;
  /** SHA-256 of the record. */
  readonly digest: string;
  readonly recordedAt: string;
};

export type RunFact = {
  readonly runId: string;
  readonly title: string;
  /** SHA-256 of the file that was run. */
  readonly digest: string;
  readonly status: string;
  readonly startedBy: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly attempts: readonly {
    readonly step: string;
    readonly title: string;
    readonly action: string | null;
    readonly status: string;
    readonly by: string;
    readonly startedAt: string;
    readonly endedAt: string | null;
    /**
     * What a person wrote at a step that they did by hand. What an action says may name a key, and nobody could erase
     * it here: it stands with the attempt. Facts of before may hold it.
     */
    readonly sentence?: string;
    readonly evidenceId: string | null;
  }[];
};

/** Milliseconds; null: it was not measured. docs/reviews.md says between which instants. */
export type ReviewFigures = {
  readonly detectMs: number | null;
  readonly acknowledgeMs: number | null;
  readonly recoverMs: number | null;
};

/** What rows say of an incident, frozen with the review. Times ISO 8601, people ids. */
export type ReviewFacts = {
  readonly incident: {
    readonly id: string;
    readonly title: string;
    readonly kind: IncidentKind;
    readonly cause: string;
    readonly class: IncidentClass;
    readonly contractId: string | null;
    readonly beganAt: string;
    readonly openedAt: string;
    readonly acknowledgedAt: string | null;
    readonly recoveredAt: string | null;
    readonly reopened: number;
  };
  readonly figures: ReviewFigures;
  readonly impact: readonly Fact[];
  readonly detection: readonly Fact[];
  readonly history: readonly Fact[];
  readonly timeline: readonly TimelineFact[];
  readonly evidence: readonly EvidenceFact[];
  readonly runs: readonly RunFact[];
};

export type RecordRow = EvidenceFact & {
  readonly replayId: string | null;
  readonly coverageKind: string | null;
  readonly eventsProcessed: number | null;
  /** Of a replay: rows whose live state differed from history. A key counts once in each derived state that is wrong. */
  readonly differing: number | null;
};

/** What a draft is computed from. */
export type ReviewRows = {
  readonly incident: Omit<ReviewFacts['incident'], never> & {
    readonly clockFrom: string;
    readonly openedBy: string;
    /** What its signal said, with its words. */
    readonly facts: Readonly<Record<string, string>>;
    readonly recoveryEvidenceId: string | null;
    readonly recoveryReason: string | null;
  };
  /** Of the timeline, in order, what was starred. */
  readonly starred: readonly TimelineFact[];
  /** In the order in which they were recorded. */
  readonly records: readonly RecordRow[];
  /** Of the newest replay among them. */
  readonly invariants: readonly { readonly name: string; readonly outcome: string }[];
  /** Of the contract, while it lasted; null: it is of no contract, or the contract has no budget. */
  readonly spent: readonly Spent[] | null;
  /** Rows that promotions wrote into live states. */
  readonly written: { readonly promotions: number; readonly keys: number };
  readonly runs: readonly RunFact[];
};

const said = (label: string, value: string, href: string | null = null): Fact => ({
  label,
  value,
  absent: null,
  href,
});
const missing = (label: string, absent: Absent): Fact => ({ label, value: null, absent, href: null });

/** The facts of a draft: each of them is there with its value, or with why it has none. */
export function draftFacts(rows: ReviewRows): ReviewFacts {
  const {
    clockFrom,
    openedBy: _,
    facts: __,
    recoveryEvidenceId: ___,
    recoveryReason: ____,
    ...incident
  } = rows.incident;
  const figures: ReviewFigures = {
    detectMs: between(incident.beganAt, incident.openedAt),
    acknowledgeMs: between(clockFrom, incident.acknowledgedAt),
    recoverMs: between(incident.beganAt, incident.recoveredAt),
  };
  return {
    incident,
    figures,
    impact: impactOf(rows, figures),
    detection: detectionOf(rows, figures),
    history: historyOf(rows, figures),
    timeline: rows.starred,
    evidence: rows.records.map(({ evidenceId, kind, status, confidence, agreement, digest, recordedAt }) => ({
      ...{ evidenceId, kind, status, confidence, agreement, digest, recordedAt },
    })),
    runs: rows.runs.map((run) => ({ ...run, attempts: run.attempts.map(withoutFindings) })),
  };
}

function withoutFindings({ sentence, ...attempt }: RunFact['attempts'][number]) {
  return attempt.action === null && sentence !== undefined ? { ...attempt, sentence } : attempt;
}

/** null where one of the instants is not known, or they stand the wrong way round: a clock was wrong. */
function between(from: string, to: string | null): number | null {
  if (to === null) return null;
  const ms = Date.parse(to) - Date.parse(from);
  return ms >= 0 ? ms : null;
}

const span = (label: string, ms: number | null): Fact =>
  ms === null ? missing(label, 'not-measured') : said(label, spanWords(ms));

function impactOf(
  { incident, records, spent, written }: ReviewRows,
  figures: ReviewFigures,
): readonly Fact[] {
  const differing = records.filter((each) => each.kind === 'replay' && each.differing !== null);
  const worst = differing.toSorted((one, other) => (other.differing ?? 0) - (one.differing ?? 0))[0];
  return [
    span('From its beginning to its end', figures.recoverMs),
    worst === undefined
      ? missing('Rows that differed from history', 'not-measured')
      : said(
          'Rows that differed from history, of all derived states, at most',
          counted(worst.differing ?? 0, 'row'),
          `/evidence/${worst.evidenceId}`,
        ),
    ...Object.entries(incident.facts).map(([label, value]) => said(`As its signal said: ${label}`, value)),
    ...spentFacts(spent),
    said(
      'Corrected in live states',
      written.promotions === 0
        ? 'no promotion'
        : `${counted(written.keys, 'key')} by ${counted(written.promotions, 'promotion')}`,
    ),
  ];
}

function spentFacts(spent: ReviewRows['spent']): readonly Fact[] {
  if (spent === null) return [missing('Budget spent', 'not-measured')];
  if (spent.length === 0) return [missing('Budget spent', 'nothing-on-record')];
  return spent.map((each) => said(`Budget spent: ${budgetWords(each)}`, spentWords(each)));
}

function detectionOf({ incident, runs: _ }: ReviewRows, figures: ReviewFigures): readonly Fact[] {
  const byHand = incident.kind === 'by-hand';
  return [
    said(
      'Found by',
      byHand ? 'a person, by hand' : `Reprise, by the signal “${incident.kind}”`,
      `/incidents/${incident.id}`,
    ),
    said('Began at', incident.beganAt),
    said('Found at', incident.openedAt),
    span('Time to detect', figures.detectMs),
    span('Time to acknowledge', figures.acknowledgeMs),
    said('Opened again', incident.reopened === 0 ? 'never' : counted(incident.reopened, 'time')),
  ];
}

function historyOf({ incident, records, invariants }: ReviewRows, figures: ReviewFigures): readonly Fact[] {
  const replays = records.filter(({ kind, differing }) => kind === 'replay' && differing !== null);
  const { recoveryEvidenceId, recoveryReason } = incident;
  const proof = replays.find(({ evidenceId }) => evidenceId === recoveryEvidenceId);
  // One alone that proves nothing is over is what was found before.
  const after = proof ?? (replays.length > 1 ? replays.at(-1) : undefined);
  const before = replays.find((each) => each !== after);
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

function scopeFact(record: RecordRow | undefined): Fact {
  const label = 'Replayed';
  if (record === undefined || record.eventsProcessed === null) return missing(label, 'nothing-on-record');
  const what = record.coverageKind === 'whole' ? 'the whole history' : 'part of the history';
  return said(
    label,
    `${what}, ${counted(record.eventsProcessed, 'event')}`,
    `/evidence/${record.evidenceId}`,
  );
}

function diffFact(label: string, record: RecordRow | undefined): Fact {
  if (record === undefined || record.differing === null) return missing(label, 'nothing-on-record');
  const verdict = [record.confidence, record.agreement].filter((each) => each !== null).join(', ');
  return said(
    label,
    `${record.differing}${verdict === '' ? '' : ` (${verdict})`}`,
    `/evidence/${record.evidenceId}`,
  );
}
