/** Shortcuts as text: `y`, `?`, `/`, `mod+k`, `shift+j`, or two keys one after the other: `g r`. */
export type Stroke = {
  readonly key: string;
  readonly mod: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
};

/** A second key has this long to follow the first. */
export const chordMs = 1_200;

export type ChordStep =
  | { readonly matched: string; readonly prefix: null }
  | { readonly matched: null; readonly prefix: string | null };

/** One stroke after `prefix`: what it completes, or what it begins. Of equal chords the caller takes the newest. */
export function stepChord(known: readonly string[], prefix: string | null, stroke: Stroke): ChordStep {
  const text = textOf(stroke);
  const whole = prefix === null ? text : `${prefix} ${text}`;
  if (known.includes(whole)) return { matched: whole, prefix: null };
  if (known.some((each) => each.startsWith(`${whole} `))) return { matched: null, prefix: whole };
  // What follows a prefix that leads nowhere may itself be a shortcut.
  return prefix === null ? { matched: null, prefix: null } : stepChord(known, null, stroke);
}

function textOf({ key, mod, alt, shift }: Stroke): string {
  const name = key.length === 1 ? key.toLowerCase() : key;
  // Shift makes another key of a sign (`?`), and of a letter only its capital; Caps Lock makes that too.
  const letter = /^[a-z]$/.test(name);
  return `${mod ? 'mod+' : ''}${alt ? 'alt+' : ''}${shift && letter ? 'shift+' : ''}${name}`;
}
