import { canonicalJson } from '../shared/canonical-json.ts';
import type { FactChange } from './change-words.ts';
import { evidenceChanges, runChanges, timelineChanges } from './collection-changes.ts';
import { type FactLine, factLines } from './fact-lines.ts';
import type { ReviewFacts } from './fact-types.ts';
import { timesWords } from './say.ts';
import { type FactSection, sections } from './sections.ts';

/** What a new set of facts says otherwise than the one before. None: they are the same. */
export function whatChanged(before: ReviewFacts, after: ReviewFacts): readonly FactChange[] {
  if (sameFacts(before, after)) return [];
  const changes = [
    ...placedChanges(incidentFacts(before), incidentFacts(after)),
    ...sections.flatMap((section) =>
      section.is === 'facts' ? sectionChanges(section.name, before, after) : [],
    ),
  ];
  // A section says some of what the incident is, too.
  if (changes.length > 0) return [...new Map(changes.map((each) => [canonicalJson(each), each])).values()];
  return [{ what: 'All facts', before: 'as they were kept before', after: 'the same, in another form' }];
}

function sectionChanges(name: FactSection, before: ReviewFacts, after: ReviewFacts): readonly FactChange[] {
  switch (name) {
    case 'impact':
    case 'detection':
    case 'history':
      return placedChanges(placed(name, before), placed(name, after));
    case 'timeline':
      return timelineChanges(before, after);
    case 'evidence':
      return evidenceChanges(before, after);
    case 'runs':
      return runChanges(before, after);
  }
}

export const sameFacts = (one: ReviewFacts, other: ReviewFacts): boolean =>
  canonicalJson(one) === canonicalJson(other);

/** Each fact by its place: two may have one name. */
type Placed = ReadonlyMap<string, { readonly what: string; readonly words: string; readonly whole: string }>;

function placedChanges(old: Placed, fresh: Placed): readonly FactChange[] {
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((place) => {
    const [was, is] = [old.get(place), fresh.get(place)];
    if (was?.whole === is?.whole) return [];
    const [said, says] = [was?.words ?? null, is?.words ?? null];
    const now = said === says ? `${says}, with another link` : says;
    return [{ what: was?.what ?? is?.what ?? place, before: said, after: now }];
  });
}

const placed = (section: 'impact' | 'detection' | 'history', facts: ReviewFacts): Placed =>
  new Map(
    factLines(section, facts).map((line) => [
      line.place,
      { what: line.place, words: lineWords(line), whole: canonicalJson(line) },
    ]),
  );

const incidentFacts = ({ incident }: ReviewFacts): Placed =>
  new Map(
    incidentFields.map((name) => {
      const value = incident[name] ?? null;
      return [
        name,
        { what: incidentNames[name], words: fieldWords(value), whole: canonicalJson(value) },
      ] as const;
    }),
  );

type IncidentField = keyof ReviewFacts['incident'];

const incidentNames: Readonly<Record<IncidentField, string>> = {
  id: 'Incident',
  title: 'Title',
  kind: 'Kind',
  cause: 'Cause',
  class: 'Class',
  contractId: 'Contract',
  beganAt: 'Began at',
  openedAt: 'Found at',
  acknowledgedAt: 'Acknowledged at',
  recoveredAt: 'Recovered at',
  reopened: 'Opened again',
};
const incidentFields = Object.keys(incidentNames) as IncidentField[];

function fieldWords(value: string | number | null): string {
  if (typeof value === 'number') return timesWords(value);
  return value ?? 'nothing';
}

const lineWords = ({ parts }: FactLine): string =>
  parts.map((part) => (part.is === 'person' ? part.id : part.text)).join('');
