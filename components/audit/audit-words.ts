/** What an entry was done to; `other` has no page of its own. */
export type Subject = {
  readonly kind: 'replay' | 'promotion' | 'person' | 'contract' | 'other';
  readonly id: string;
};

const prefixes: Readonly<Record<string, Subject['kind']>> = {
  replay: 'replay',
  promotion: 'promotion',
  person: 'person',
  contract: 'contract',
  // A refusal names the fields of what was asked for.
  replayId: 'replay',
  promotionId: 'promotion',
  personId: 'person',
  contractId: 'contract',
};

/** The things that a subject names: `replay:<id>`, or several with spaces between them. */
export function subjectsOf(subject: string): readonly Subject[] {
  return subject.split(' ').map((part): Subject => {
    const colon = part.indexOf(':');
    const kind = prefixes[part.slice(0, Math.max(0, colon))];
    return kind === undefined ? { kind: 'other', id: part } : { kind, id: part.slice(colon + 1) };
  });
}

/** An entry's detail as named texts, in the order in which it was written; what is empty is left out. */
export function detailOf(detail: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] {
  return Object.entries(detail)
    .map(([name, value]) => [fieldWords(name), valueWords(value)] as const)
    .filter(([, words]) => words !== '');
}

/** `sessionsEnded` → `sessions ended`. */
function fieldWords(name: string): string {
  return name.replaceAll(
    /([a-z])([A-Z])/g,
    (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  );
}

function valueWords(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueWords).join(', ');
  return JSON.stringify(value);
}

/** A digest or a UUID: nobody reads it to its end. */
export function isLongId(text: string): boolean {
  return /^[0-9a-f-]{32,}$/.test(text);
}
