import type { OutputType } from './actions.ts';
import type { Against } from './against.ts';
import { baseType } from './check-arguments.ts';
import { checkFront } from './check-front.ts';
import { checkStep, type Known, saidId } from './check-steps.ts';
import type { RawRunbook, RawSection } from './raw.ts';
import { type Runbook, type RunbookMistake, type SectionName, type Step, sectionNames } from './runbook.ts';

export const sectionTitles: Readonly<Record<SectionName, string>> = {
  symptoms: 'Symptoms',
  diagnosis: 'Diagnosis',
  mitigation: 'Mitigation',
  'post-incident': 'Post-incident',
};

const maxSteps = 100;
const maxText = 20_000;
/** Whoever mends a file reads no more at once, and each of them is kept. */
const mostMistakes = 100;

export type Checked =
  | { readonly kind: 'right'; readonly runbook: Runbook }
  | {
      readonly kind: 'wrong';
      /** What the file says that it is; null: not to be read. */
      readonly id: string | null;
      /** By line; at least one. */
      readonly mistakes: readonly RunbookMistake[];
    };

/** Everything that is wrong with a file, at once, or what it comes to. */
export function checkRunbook(raw: RawRunbook, against: Against): Checked {
  const mistakes: RunbookMistake[] = [...raw.mistakes];
  const front = raw.front === null ? null : checkFront(raw.front, against, mistakes);
  checkLinks(raw, mistakes);
  if (front !== null && raw.heading !== null && raw.heading.title !== front.title)
    mistakes.push({
      line: raw.heading.line,
      sentence: `the heading is not the title, which is “${front.title}”`,
    });
  const parameters =
    front === null
      ? null
      : new Map(front.parameters.map(({ name, type }): [string, OutputType] => [name, baseType(type)]));
  const steps = checkSections(raw.sections, { parameters, contracts: against.contracts }, mistakes);
  if (front === null || mistakes.length > 0)
    return {
      kind: 'wrong',
      id: front?.id ?? idIn(raw.front?.value),
      mistakes: told(mistakes),
    };
  return { kind: 'right', runbook: { ...front, introduction: raw.introduction, steps } };
}

/** By line, each once and in one line, and no more of them than anybody reads. */
function told(mistakes: readonly RunbookMistake[]): readonly RunbookMistake[] {
  const byText = new Map(
    mistakes.map(({ line, sentence }) => {
      const flat = sentence.replace(/\s+/g, ' ');
      return [`${line}: ${flat}`, { line, sentence: flat }] as const;
    }),
  );
  const all = [...byText.values()].toSorted((a, b) => a.line - b.line);
  const more = all.length - mostMistakes;
  if (more <= 0) return all;
  const last = all[mostMistakes - 1]?.line ?? 1;
  return [
    ...all.slice(0, mostMistakes),
    { line: last, sentence: `and ${more} more from here on: mend these first` },
  ];
}

function idIn(front: unknown): string | null {
  const id = typeof front === 'object' && front !== null && 'id' in front ? front.id : null;
  return typeof id === 'string' && /^[a-z][a-z0-9-]{0,63}$/.test(id) ? id : null;
}

function checkSections(
  sections: readonly RawSection[],
  given: Pick<Known, 'parameters' | 'contracts'>,
  mistakes: RunbookMistake[],
): readonly Step[] {
  const names = sections.map((section) => nameOf(section));
  for (const name of sectionNames)
    if (!names.includes(name))
      mistakes.push({
        line: sections.at(-1)?.line ?? 1,
        sentence: `there is no section ## ${sectionTitles[name]}`,
      });
  const all = sections.flatMap((section) => section.steps);
  if (all.length > maxSteps) {
    mistakes.push({ line: all[maxSteps]?.line ?? 1, sentence: `a runbook has at most ${maxSteps} steps` });
    return [];
  }
  const isReadable = all.every(({ blocks }) => blocks.every(({ data }) => data !== null));
  const known: Known = {
    ...given,
    steps: new Map(),
    allIds: isReadable ? new Set(all.map(saidId)) : null,
  };
  let reached = -1;
  return sections.flatMap((section, index) => {
    const name = names[index] ?? null;
    if (name === null) {
      mistakes.push({
        line: section.line,
        sentence: `“${section.title}” is none of the four sections: ${Object.values(sectionTitles).join(', ')}`,
      });
      return [];
    }
    const place = sectionNames.indexOf(name);
    if (names.indexOf(name) !== index)
      mistakes.push({ line: section.line, sentence: `## ${sectionTitles[name]} stands twice` });
    else if (place < reached)
      mistakes.push({
        line: section.line,
        sentence: `## ${sectionTitles[name]} stands too late: the order is ${Object.values(sectionTitles).join(', ')}`,
      });
    reached = Math.max(reached, place);
    if (section.looseLine !== null)
      mistakes.push({
        line: section.looseLine,
        sentence: 'this is part of no step: put it under a ### heading, or before the first section',
      });
    if (section.steps.length === 0)
      mistakes.push({
        line: section.line,
        sentence: `## ${sectionTitles[name]} has no step (a ### heading)`,
      });
    return section.steps.map((step) => {
      if (step.body.length > maxText)
        mistakes.push({ line: step.line, sentence: `the text of a step has at most ${maxText} characters` });
      return checkStep(step, name, known, mistakes);
    });
  });
}

function nameOf({ title }: RawSection): SectionName | null {
  return (
    sectionNames.find((name) => sectionTitles[name].toLowerCase() === title.trim().toLowerCase()) ?? null
  );
}

/** To pages and to other files, and to nothing that runs. */
function checkLinks({ links }: RawRunbook, mistakes: RunbookMistake[]): void {
  for (const { line, url } of links) {
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
    const isFine = scheme === undefined ? !/^[/\\]{2}/.test(url) : scheme === 'http' || scheme === 'https';
    if (!isFine)
      mistakes.push({
        line,
        sentence: `${JSON.stringify(url)} is no link to http, https or a place beside this file`,
      });
  }
}
