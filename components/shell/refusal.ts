/** Why a page was not given: answers of the server that are no breakdown, and that asking again does not change. */
export type Refusal = { readonly title: string; readonly next: string };

const refusals: Readonly<Record<string, Refusal>> = {
  NOT_FOUND: {
    title: 'Not found',
    next: 'The id in the address may be mistyped, or belong to another installation.',
  },
  FORBIDDEN: {
    title: 'Not allowed',
    next: 'Nothing is wrong with the page. Ask whoever gives out roles here for the right that is named above.',
  },
  UNAUTHORIZED: {
    title: 'Not signed in',
    next: 'Sign in, and open this address again.',
  },
  BAD_REQUEST: {
    title: 'Not understood',
    next: 'Something in the address is not what it should be. Take its filters away, or start from the list.',
  },
};

const erased: Refusal = {
  title: 'Erased',
  next: 'The evidence of its replay stays as it is, and can still be verified. A new replay says what history holds now.',
};

function isErased(data: object): boolean {
  if (!('reprise' in data) || typeof data.reprise !== 'object' || data.reprise === null) return false;
  return 'code' in data.reprise && data.reprise.code === 'rows-erased';
}

/** The refusal that a failed procedure means; null where something broke. */
export function refusalOf(error: unknown): Refusal | null {
  if (typeof error !== 'object' || error === null || !('data' in error)) return null;
  const { data } = error;
  if (typeof data !== 'object' || data === null || !('code' in data)) return null;
  if (isErased(data)) return erased;
  return typeof data.code === 'string' ? (refusals[data.code] ?? null) : null;
}

/** What a refusal says for itself: a failed check of the input is a list, and no sentence for a person. */
export function refusalSentence(error: Error): string {
  return error.message.startsWith('[') ? 'This address asks for something that can’t be.' : error.message;
}
