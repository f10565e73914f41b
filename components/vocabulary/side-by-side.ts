/** One fact of two things. `digest` is shortened where it is shown, and copied whole. */
export type CompareRow = {
  readonly label: string;
  readonly before: string;
  readonly after: string;
  readonly changed: boolean;
  readonly digest: boolean;
};

export type Fact = readonly [label: string, value: string | null, kind?: 'digest'];

/** Facts by their labels, in the order of the newer, with those that only the older one has after them. */
export function sideBySide(before: readonly Fact[], after: readonly Fact[]): readonly CompareRow[] {
  const old = new Map(before.map((fact) => [fact[0], fact]));
  const labels = [...new Set([...after, ...before].map(([label]) => label))];
  const young = new Map(after.map((fact) => [fact[0], fact]));
  return labels.map((label) => {
    const [was, is] = [old.get(label), young.get(label)];
    const text = (fact: Fact | undefined) => fact?.[1] ?? '—';
    return {
      label,
      before: text(was),
      after: text(is),
      changed: text(was) !== text(is),
      digest: (is ?? was)?.[2] === 'digest',
    };
  });
}
