/**
 * For an element that scrolls, or carries a hint, without being a control: it has to be reachable by keyboard all
 * the same (WCAG 2.1.1; axe: scrollable-region-focusable). The focus ring is drawn inside, where it is not clipped.
 */
export const keyboardReachable = { tabIndex: 0, 'data-ring': 'inside' } as const;

/** Filler that says nothing and cannot take focus. */
export const notSaid = { 'aria-hidden': true } as const;
