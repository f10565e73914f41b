import { counted } from '@/components/ui/format-number.ts';

type Address = Pick<URLSearchParams, 'get' | 'keys'>;

/** What stands in the address of every page beside its filters: whether the feed of events rests. */
const noFilters = ['paused'];

const most = 5;

/** A value that is none of those a filter takes, as a sentence. Left out unsaid it would show everything as if filtered. */
export function noneOf(
  given: Pick<Address, 'get'>,
  name: string,
  label: string,
  values: readonly string[],
): readonly string[] {
  const value = given.get(name);
  return value === null || value === '' || values.includes(value)
    ? []
    : [`${label} “${value.slice(0, 40)}” is none of ${values.join(', ')}, so it is left out.`];
}

/** The same of names. `beside`: what of the page stands in its address and filters nothing. */
export function nameMistakes(
  given: Pick<Address, 'keys'>,
  filters: readonly string[],
  beside: readonly string[] = [],
): readonly string[] {
  const names = [...given.keys()];
  const known = new Set([...filters, ...beside, ...noFilters]);
  const strange = [...new Set(names)].filter((name) => !known.has(name));
  const twice = [...new Set(names.filter((name, at) => known.has(name) && names.indexOf(name) !== at))];
  return [
    ...strange
      .slice(0, most)
      .map(
        (name) =>
          `“${name.slice(0, 40)}” is no filter of this page, so it is left out. They are: ${filters.join(', ')}.`,
      ),
    ...(strange.length > most
      ? [`${counted(strange.length - most, 'other name')} in the address are no filters either.`]
      : []),
    ...twice.map((name) => `“${name}” stands in the address more than once: the first is taken.`),
  ];
}
