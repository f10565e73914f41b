const things: Readonly<Record<string, string>> = {
  contracts: 'contract',
  replays: 'replay',
  evidence: 'evidence record',
};

/** What an address that leads nowhere asked for: `/contracts/nope` → `There is no contract nope.` */
export function missingSentence(path: string): string {
  const [, place = '', name = ''] = path.split('/');
  const thing = things[place];
  // A page, and the name of nothing.
  if (name === 'compare' && place !== 'contracts') return 'This address does not name two that are there.';
  return thing === undefined || name === ''
    ? 'There is no such thing here.'
    : `There is no ${thing} ${decoded(name)}.`;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
