'use client';

import { Popover as Base } from '@base-ui/react/popover';
import type { ReactElement, ReactNode } from 'react';

export type PopoverProps = {
  /** The button that opens it. */
  trigger: ReactElement<Record<string, unknown>>;
  title: string;
  hideTitle?: boolean;
  children: ReactNode;
  align?: 'start' | 'center' | 'end';
};

/** A small panel at its button, closed by Escape or a press outside; the focus returns to the button. */
export function Popover({ trigger, title, hideTitle = false, children, align = 'start' }: PopoverProps) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} align={align} collisionPadding={8} className="z-40">
          <Base.Popup className="popup flex max-w-[min(28rem,calc(100vw-1rem))] flex-col gap-2 p-3 text-sm">
            <Base.Title className={hideTitle ? 'sr-only' : 'font-medium'}>{title}</Base.Title>
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
