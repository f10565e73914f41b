import { canonicalJson } from '../shared/canonical-json.ts';
import type { ActionItem } from './actions.ts';
import { type FactLine, type FactPart, factLines } from './fact-lines.ts';
import type { ReviewFacts } from './fact-types.ts';
import { asLine, escaped, linked, oneLine, quoted } from './quoted.ts';
import { type OpinionSection, sections } from './sections.ts';

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
    else if (section.is === 'facts') lines.push(...markdownLines(factLines(section.name, facts), names));
    else lines.push(...actionLines(actions, names));
  }
  lines.push('', `Written by ${document.authors.map(names).map(oneLine).join(', ') || 'nobody'}.`, '');
  return lines.join('\n');
}

const opinionLines = (text: string) => (text.trim() === '' ? '*Not written.*' : quoted(text));

function markdownLines(lines: readonly FactLine[], names: Names, indent = ''): readonly string[] {
  if (lines.length === 0) return ['*nothing on record*'];
  return lines.flatMap(({ label, parts, under }) => [
    `${indent}- ${asLine(`${label === null ? '' : `${escaped(label)}: `}${parts.map((part) => markdownOf(part, names)).join('')}`)}`,
    ...(under.length === 0 ? [] : markdownLines(under, names, `${indent}  `)),
  ]);
}

function markdownOf(part: FactPart, names: Names): string {
  switch (part.is) {
    case 'absent':
      return `*${escaped(part.text)}*`;
    case 'person':
      return escaped(names(part.id));
    case 'text':
      return escaped(part.text);
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
