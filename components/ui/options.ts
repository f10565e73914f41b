export type Option = { value: string; label: string; hint?: string };

/** The choices with what is chosen among them: an address may name one that no longer exists, or never did. */
export function withChosen(options: readonly Option[], chosen: string): readonly Option[] {
  return options.some((option) => option.value === chosen)
    ? options
    : [...options, { value: chosen, label: chosen, hint: 'unknown' }];
}
