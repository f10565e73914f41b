import { canonicalJson } from '../shared/canonical-json.ts';
import type { ActionItem } from './actions.ts';
import { factWords } from './changes.ts';
import type { Fact, ReviewFacts } from './facts.ts';
import { linked, oneLine, quoted } from './quoted.ts';
import { type FactSection, type OpinionSection, sections } from './sections.ts';

/** A review as it is signed. Ticks of actions are no part of it: they are made afterwards, and stand beside it. */
export type ReviewDocument = {
  readonly format: 'reprise.review/v1';
  readonly reviewId: string;
  readonly revision: number;
  readonly facts: ReviewFacts;
  /** Markdown, as people wrote it. */
  readonly opinions: Readonly<Record<OpinionSection, string>>;
  /** Internal ids of whoever wrote any version. */
  readonly authors: readonly string[];
  readonly actions: readonly ActionItem[];
};

/** The bytes that are hashed and signed: RFC 8785 in one line, with the end of it, so that a file of it has the same digest. */
export const reviewJson = (document: ReviewDocument): string => `${canonicalJson(document)}\n`;

export type Names = (personId: string) => string;

/** The same to be read, with facts and opinions told apart. Names of people stand in it, so its digest is of that moment. */
export function reviewMarkdown(document: ReviewDocument, names: Names): string {
  const { facts, revision, reviewId, opinions, actions } = document;
  const lines = [
    `# Review: ${oneLine(facts.incident.title)}`,
    '',
    `${facts.incident.class} · incident ${facts.incident.id} · review ${reviewId}, revision ${revision}`,
    '',
    'Sections marked “fact” were computed from what is on record. Sections marked “opinion” were written by people, and stand as quotations.',
  ];
  for (const section of sections) {
    lines.push(
      '',
      `## ${section.title} (${section.is === 'opinion' ? 'opinion' : section.is === 'facts' ? 'fact' : 'actions'})`,
      '',
    );
    if (section.is === 'opinion') lines.push(opinionLines(opinions[section.name]));
    else if (section.is === 'facts') lines.push(...factLines(section.name, facts, names));
    else lines.push(...actionLines(actions, names));
  }
  lines.push('', `Written by ${document.authors.map(names).map(oneLine).join(', ') || 'nobody'}.`, '');
  return lines.join('\n');
}

const opinionLines = (text: string) => (text.trim() === '' ? '*Not written.*' : quoted(text));
const factLine = (fact: Fact) =>
  `- ${oneLine(fact.label)}: ${fact.value === null ? `*${factWords(fact)}*` : oneLine(fact.value)}`;
const none = ['*nothing on record*'];

function factLines(section: FactSection, facts: ReviewFacts, names: Names): readonly string[] {
  switch (section) {
    case 'impact':
    case 'detection':
    case 'history':
      return facts[section].map(factLine);
    case 'timeline':
      if (facts.timeline.length === 0) return none;
      return facts.timeline.map(
        ({ at, kind, actor, text }) =>
          `- ${at} ${kind} (${oneLine(names(actor))})${text === '' ? '' : `: ${oneLine(text)}`}`,
      );
    case 'evidence':
      if (facts.evidence.length === 0) return none;
      return facts.evidence.map(
        (each) =>
          `- ${each.recordedAt} ${each.kind} ${each.evidenceId} ${each.status}, SHA-256 ${each.digest}`,
      );
    case 'runs':
      if (facts.runs.length === 0) return none;
      return facts.runs.flatMap((run) => [
        `- ${run.startedAt} ${oneLine(run.title)}: ${run.status} (file SHA-256 ${run.digest})`,
        ...run.attempts.map(
          (each) =>
            `  - ${oneLine(each.title)}: ${each.status} (${oneLine(names(each.by))})${each.action !== null || !each.sentence ? '' : ` ${oneLine(each.sentence)}`}`,
        ),
      ]);
  }
}

function actionLines(actions: readonly ActionItem[], names: Names): readonly string[] {
  if (actions.length === 0) return ['*None.*'];
  return actions.map(({ title, owner, dueOn, link, doneWhen }) =>
    [
      `- ${oneLine(title)}: ${owner === null ? 'nobody' : oneLine(names(owner))}, due ${dueOn ?? 'never said'}`,
      ...(link === null ? [] : [`  ${linked(link)}`]),
      ...(doneWhen === '' ? [] : [`  Done when: ${oneLine(doneWhen)}`]),
    ].join('\n'),
  );
}
