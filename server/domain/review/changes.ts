import { canonicalJson } from '../shared/canonical-json.ts';
import { type FactLine, factLines } from './fact-lines.ts';
import type { ReviewFacts } from './fact-types.ts';
import { sections } from './sections.ts';

/** What became of one fact, each a line: as it was, and as it is. */
export type FactChange = {
  readonly what: string;
  readonly before: string | null;
  readonly after: string | null;
};

type Placed = { readonly what: string; readonly words: string; readonly whole: string };

/** What a new set of facts says otherwise than the one before. None: they are the same. */
export function whatChanged(before: ReviewFacts, after: ReviewFacts): readonly FactChange[] {
  if (sameFacts(before, after)) return [];
  const [old, fresh] = [placed(before), placed(after)];
  const changes = [...new Set([...old.keys(), ...fresh.keys()])].flatMap((place) => {
    const [was, is] = [old.get(place), fresh.get(place)];
    if (was?.whole === is?.whole) return [];
    const [said, says] = [was?.words ?? null, is?.words ?? null];
    const now = said === says ? `${says}, with another link` : says;
    return [{ what: was?.what ?? is?.what ?? place, before: said, after: now }];
  });
  if (changes.length > 0) return changes;
  return [{ what: 'All facts', before: 'as they were kept before', after: 'the same, in another form' }];
}

export const sameFacts = (one: ReviewFacts, other: ReviewFacts): boolean =>
  canonicalJson(one) === canonicalJson(other);

/** Each fact by its place: two may have one name. */
function placed(facts: ReviewFacts): ReadonlyMap<string, Placed> {
  const incident = Object.entries(facts.incident).map(([name, value]): [string, Placed] => [
    `incident/${name}`,
    {
      what: incidentNames[name] ?? `Incident: ${name}`,
      words: value === null ? 'nothing' : String(value),
      whole: canonicalJson(value),
    },
  ]);
  const lines = sections.flatMap((section) =>
    section.is !== 'facts'
      ? []
      : factLines(section.name, facts).map((line): [string, Placed] => [
          `${section.name}/${line.place}`,
          {
            what: line.label === null ? `${section.title}: ${line.place}` : line.place,
            words: lineWords(line),
            whole: canonicalJson(line),
          },
        ]),
  );
  return new Map([...incident, ...lines]);
}

const incidentNames: Readonly<Record<string, string>> = {
  class: 'Class',
  title: 'Title',
  recoveredAt: 'Recovered at',
};

/** As people read it, but with people by their ids. */
function lineWords({ parts, under }: FactLine): string {
  const own = parts.map((part) => (part.is === 'person' ? part.id : part.text)).join('');
  return [own, ...under.map(lineWords)].join('; ');
}
