import type { IncidentClass } from '../contract/index.ts';
import type { AgreementStatus, ConfidenceStatus } from '../replay/index.ts';
import { counted, grouped } from '../shared/counted.ts';
import type { NoticeKind, NoticeSubjectKind } from './kinds.ts';

/** How something ended, as far as a notice says it: figures and verdicts, and never a key or a value. */
export type EndFacts = {
  readonly status: 'finished' | 'refused' | 'failed' | 'cancelled';
  readonly confidence: ConfidenceStatus | null;
  readonly agreement: AgreementStatus | null;
  readonly discrepancies: number | null;
  readonly failureCode: string | null;
  /** Rows that a promotion wrote; null for what writes none. */
  readonly written: number | null;
};

/** What a notice says of an incident. */
export type IncidentFacts = {
  readonly class: IncidentClass;
  /** One sentence, in Reprise's own words or those of who opened it. */
  readonly title: string;
  readonly beganAt: Date;
  readonly respondBy: Date;
  readonly isAcknowledged: boolean;
  /** Whether a trusted record proves that it is over, or somebody says why. */
  readonly isProven: boolean;
  /** Who is asked next, by name; null where nobody is. */
  readonly asked: string | null;
};

/** What a notice is made from. Names are those of people, `reason` what they wrote. */
export type NoticeFacts = {
  readonly kind: NoticeKind;
  readonly subjectKind: NoticeSubjectKind;
  readonly subjectId: string;
  readonly contractTitle: string;
  readonly requestedBy: string;
  readonly reason: string;
  /** Why it is told, in Reprise's own words; null where the kind says it. */
  readonly why: string | null;
  readonly approvalsNeeded: number;
  readonly approvalsGiven: number;
  readonly eventEstimate: number | null;
  /** Of a rejection: by whom, and what they wrote. */
  readonly rejection: { readonly by: string; readonly reason: string } | null;
  readonly end: EndFacts | null;
  readonly incident?: IncidentFacts | undefined;
  /** Of a step of a runbook, and of a redrive, how it ended, in Reprise’s own words. */
  readonly stepEnd?: string | undefined;
};

/** A notice as it is sent: plain text in every part. */
export type NoticeMessage = {
  readonly subject: string;
  readonly lines: readonly string[];
  readonly link: string;
};

const pathOf: Readonly<Record<NoticeSubjectKind, (id: string) => string>> = {
  replay: (id) => `/replays/${id}`,
  promotion: (id) => `/promotions/${id}`,
  incident: (id) => `/incidents/${id}`,
  review: (id) => `/reviews/${id}`,
  channel: () => '/people',
  'runbook-run': (id) => `/runbooks/runs/${id}`,
  redrive: (id) => `/dead-letters/redrives/${id}`,
};
const nounOf: Readonly<Record<NoticeSubjectKind, string>> = {
  replay: 'replay',
  promotion: 'promotion',
  incident: 'incident',
  review: 'review',
  channel: 'channel',
  'runbook-run': 'runbook step',
  redrive: 'redrive',
};

/** `origin` is the address that people type, without a path. */
export function composeNotice(facts: NoticeFacts, origin: string): NoticeMessage {
  const [headline, ...lines] = sentences(facts);
  return {
    subject: oneLine(`[Reprise] ${headline}`, 160),
    lines: [`${headline}.`, ...lines].map((line) => oneLine(line, 600)),
    link: `${origin}${pathOf[facts.subjectKind](facts.subjectId)}`,
  };
}

function sentences(facts: NoticeFacts): readonly string[] {
  const noun = nounOf[facts.subjectKind];
  const what = `${noun} of ${facts.contractTitle}`;
  const { why } = facts;
  const asked = `${facts.requestedBy} asks for it${facts.reason.trim() === '' ? '.' : `: “${facts.reason.trim()}”`}`;
  switch (facts.kind) {
    case 'waiting':
      return [`A ${what} waits for approval`, asked, sizeOf(facts), needs(facts)].filter(said);
    case 'approved':
      return [`The ${what} is approved`, because(why), 'A worker takes it up as soon as it can.'].filter(
        said,
      );
    case 'rejected':
      return [
        `The ${what} is rejected`,
        facts.rejection === null ? '' : `${facts.rejection.by}: “${facts.rejection.reason.trim()}”`,
        'It has ended, and nothing ran.',
      ].filter(said);
    case 'voided':
      return [`An approval of the ${what} does not count any more`, because(why), needs(facts)].filter(said);
    case 'expired':
      return [`An approval of the ${what} has run out`, because(why), needs(facts)].filter(said);
    case 'taken-back':
      return [`The ${what} waits for approval again`, because(why), asked, needs(facts)].filter(said);
    case 'glass-begun':
      return [
        `Somebody wants to let a ${what} run without its approvals`,
        asked,
        'A second person, an operator or an approver, confirms that on its page within a quarter of an hour, or it goes on waiting.',
      ];
    case 'glass-broken':
      return [
        `Two people have let a ${what} run without its approvals`,
        asked,
        'Its review is open until an approver or an auditor who is none of the three has closed it.',
      ];
    case 'ended':
      if (facts.subjectKind === 'runbook-run' || facts.subjectKind === 'redrive')
        return [`The ${what} has ended: ${facts.stepEnd ?? 'its page says how'}`];
      return [`The ${what} ${endWords(facts)}`, endNext(facts.end)].filter(said);
    case 'incident-opened':
    case 'incident-escalated':
    case 'incident-recovered':
    case 'incident-told':
      return incidentSentences(facts);
    case 'review-overdue':
      return [
        `An action of a post-incident review${facts.contractTitle === '' ? '' : ` of ${facts.contractTitle}`} is late`,
        because(why),
        'Tick it done on its page, or say until when.',
      ].filter(said);
    case 'test':
      return [
        'A test notice of Reprise',
        `${facts.requestedBy} has asked for it; there is nothing to be done.`,
      ];
  }
}

function incidentSentences({ kind, why, contractTitle, incident }: NoticeFacts): readonly string[] {
  if (incident === undefined) return ['An incident'];
  const of = contractTitle === '' ? '' : ` of ${contractTitle}`;
  const title = incident.title.replace(/\.$/, '');
  const since = `It has been so since ${minute(incident.beganAt)}.`;
  const due = incident.isAcknowledged
    ? ''
    : `Acknowledge it by ${minute(incident.respondBy)}: after that the next person is asked.`;
  if (kind === 'incident-recovered')
    return [
      `${incident.class} incident${of} recovered: ${title}`,
      incident.isProven ? 'A trusted record of evidence proves it.' : 'Why is said on its page, by a person.',
      'Its review is open.',
    ];
  if (kind === 'incident-told')
    return [`${incident.class} incident${of}: ${title}`, why ?? '', since].filter(said);
  if (kind === 'incident-escalated')
    return [
      `Nobody has acknowledged a ${incident.class} incident${of}: ${title}`,
      since,
      `It should have been acknowledged by ${minute(incident.respondBy)}.`,
      incident.asked === null ? '' : `Asked: ${incident.asked}.`,
      because(why),
    ].filter(said);
  return [`${incident.class} incident${of}: ${title}`, because(why), since, due].filter(said);
}

const minute = (at: Date) => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const said = (line: string) => line !== '';
const because = (why: string | null) => (why === null ? '' : `Because ${why}.`);

function sizeOf({ eventEstimate }: NoticeFacts): string {
  return eventEstimate === null ? '' : `It would read about ${counted(eventEstimate, 'event')}.`;
}

function needs({ approvalsNeeded, approvalsGiven }: NoticeFacts): string {
  return `It needs ${counted(approvalsNeeded, 'approval')} and has ${grouped(approvalsGiven)}; nothing is done before.`;
}

/** The verdict, in the words of the pages. */
function endWords({ end, subjectKind }: NoticeFacts): string {
  if (end === null) return 'has ended';
  const isPromotion = subjectKind === 'promotion';
  const so = isPromotion ? 'and nothing was written' : 'so it proves nothing';
  switch (end.status) {
    case 'refused':
      return `was refused, ${so}`;
    case 'failed':
      return end.failureCode === 'promotion-unknown'
        ? 'has ended, and nobody could ask its target whether it was written'
        : `failed, ${so}`;
    case 'cancelled':
      return `was ${isPromotion ? 'withdrawn' : 'cancelled'}, ${so}`;
    case 'finished':
      return `has ended: ${finding(end)}`;
  }
}

function finding({ confidence, agreement, discrepancies, written }: EndFacts): string {
  if (written !== null)
    return `${counted(written, 'row')} written; afterwards ${agreement === 'equal' ? 'the derived state agreed with history on these keys' : `agreement with history was: ${agreement ?? 'not compared'}`}`;
  if (confidence === 'untrusted') return 'the replayed state is untrusted';
  const trust = `the replay is ${confidence ?? 'without a verdict'}`;
  switch (agreement) {
    case 'equal':
      return `every derived state agrees with history; ${trust}`;
    case 'behind':
      return `derived states are behind history, and right as far as they have come; ${trust}`;
    case 'different':
      return `derived states disagree with history${discrepancies === null ? '' : ` on ${counted(discrepancies, 'key')}`}; ${trust}`;
    case 'not-compared':
    case null:
      return `no derived state was compared; ${trust}`;
  }
}

/** Sentences of failures may quote what was read, so the code alone leaves Reprise. */
function endNext(end: EndFacts | null): string {
  if (end === null || end.failureCode === null) return '';
  return `Its cause is ${end.failureCode}; the page says what and where.`;
}

/** Text without control characters and line breaks, so that it is no header and no line of its own. */
export function oneLine(text: string, longest: number): string {
  const flat = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  return flat.length <= longest ? flat : `${[...flat].slice(0, longest - 1).join('')}…`;
}
