type Named = { readonly id: string; readonly email: string };

/** What an author is known by: their id, their address, or what stands in it before the @. */
function namesOf({ id, email }: Named): readonly string[] {
  const address = email.toLowerCase();
  return [id.toLowerCase(), address, address.slice(0, address.indexOf('@'))];
}

export function isAuthor(person: Named, authors: readonly string[]): boolean {
  const names = namesOf(person);
  return authors.some((author) => names.includes(author.toLowerCase()));
}

/** Authors that are nobody's name here, so that nobody is excluded as them. */
export function unmatchedAuthors(authors: readonly string[], people: readonly Named[]): readonly string[] {
  const known = new Set(people.flatMap(namesOf));
  return authors.filter((author) => !known.has(author.toLowerCase()));
}

/** What that means, as a sentence; null where every author is somebody. */
export function unmatchedWords(authors: readonly string[], unmatched: readonly string[]): string | null {
  if (unmatched.length === 0) return null;
  const names = unmatched.join(', ');
  const [word, verb] = unmatched.length === 1 ? ['author', 'matches'] : ['authors', 'match'];
  const rest =
    unmatched.length === authors.length ? 'so nobody is excluded as author' : 'so nobody is excluded as them';
  return `The ${word} ${names} ${verb} nobody, ${rest}.`;
}
