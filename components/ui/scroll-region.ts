/**
 * For an element that scrolls, or carries a hint, without being a control: it has to be reachable by keyboard all
 * the same (WCAG 2.1.1; axe: scrollable-region-focusable). The focus ring is drawn inside, where it is not clipped.
 */
export const keyboardReachable = { tabIndex: 0, 'data-ring': 'inside' } as const;

/** The same for a scrolling box that has a name. A group and not a region: landmarks are for a page's parts. */
export function scrollGroup(name: string) {
  return { ...keyboardReachable, role: 'group', 'aria-label': name } as const;
}

/** Filler that says nothing and cannot take focus. */
export const notSaid = { 'aria-hidden': true } as const;
