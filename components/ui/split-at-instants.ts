const instant = /(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z)/;

export type TextPart = { readonly at: number; readonly text: string; readonly isInstant: boolean };

/** The instants of a text (ISO 8601, UTC) and what stands between them, in order; `at` is the place in that order. */
export function splitAtInstants(text: string): readonly TextPart[] {
  return text
    .split(instant)
    .map((part, at) => ({
      at,
      text: part,
      isInstant: at % 2 === 1 && Number.isFinite(Date.parse(part)),
    }))
    .filter((part) => part.text !== '');
}
