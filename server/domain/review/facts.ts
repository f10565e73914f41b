import type { Fact, ReviewFacts, ReviewFigures, ReviewRows, RunFact } from './fact-types.ts';
import { historyOf } from './history.ts';
import { impactOf } from './impact.ts';
import { said, span, timesWords } from './say.ts';

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
    evidence: rows.records,
    runs: rows.runs.map((run) => ({ ...run, attempts: run.attempts.map(withoutFindings) })),
    ...(rows.leftOut.timeline + rows.leftOut.evidence === 0 ? {} : { leftOut: rows.leftOut }),
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

function detectionOf({ incident }: ReviewRows, figures: ReviewFigures): readonly Fact[] {
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
    said('Opened again', timesWords(incident.reopened)),
  ];
}
