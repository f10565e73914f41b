/** Where a hint goes beside its anchor, in pixels of the window. */
export type Box = {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
};
export type Size = { readonly width: number; readonly height: number };

const gap = 6;
const edge = 8;

/** Above the anchor and centred on it; below where there is no room above; never past the window's edge. */
export function placeHint(anchor: Box, hint: Size, view: Size): { left: number; top: number } {
  const centred = anchor.left + anchor.width / 2 - hint.width / 2;
  const left = Math.max(edge, Math.min(centred, view.width - hint.width - edge));
  const above = anchor.top - hint.height - gap;
  const top = above >= edge ? above : anchor.top + anchor.height + gap;
  return { left, top };
}
