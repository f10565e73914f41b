'use client';

import { Tooltip as Base } from '@base-ui/react/tooltip';
import type { ReactElement, ReactNode } from 'react';

/** All triggers share one popup: a popup per row would cost a page of hundreds of rows its first second. */
const handle = Base.createHandle<ReactNode>();

/** Mounted once, in the layout. */
export function TooltipHost() {
  return (
    <Base.Provider delay={350} closeDelay={0} timeout={600}>
      <Base.Root handle={handle}>
        {({ payload }) => (
          <Base.Portal>
            <Base.Positioner
              role="region"
              aria-label="Hint"
              sideOffset={6}
              collisionPadding={8}
              className="z-50"
            >
              <Base.Popup className="popup max-w-80 px-2 py-1 text-xs wrap-anywhere">{payload}</Base.Popup>
            </Base.Positioner>
          </Base.Portal>
        )}
      </Base.Root>
    </Base.Provider>
  );
}

export type TooltipProps = {
  /** What is said on hover and on focus. Never the only place where something is said to a screen reader. */
  content: ReactNode;
  /** The element that carries it; it must be focusable and forward its props. */
  children: ReactElement<Record<string, unknown>>;
};

/** A hint on hover and on focus, closed by Escape. The label of the element itself stays its own. */
export function Tooltip({ content, children }: TooltipProps) {
  return <Base.Trigger handle={handle} payload={content} render={children} />;
}
