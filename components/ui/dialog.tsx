'use client';

import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import type { ReactNode, RefObject } from 'react';
import { IconButton } from './button.tsx';
import { cx } from './class-names.ts';

export type DialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  /** The buttons, at the end. */
  footer?: ReactNode;
  width?: 'sm' | 'md' | 'lg';
  /** Where the focus goes; an approval puts it on the plan and not on the button. */
  initialFocus?: RefObject<HTMLElement | null>;
};

const widths = { sm: 'max-w-md', md: 'max-w-2xl', lg: 'max-w-5xl' };

/** A modal dialog. The page behind it does not scroll or listen; Escape closes it. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  footer,
  width = 'md',
  initialFocus,
}: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-ink/30 transition-opacity duration-150 data-[ending-style]:opacity-0 data-[starting-style]:opacity-0 dark:bg-canvas/70" />
        <Base.Popup
          {...(initialFocus ? { initialFocus } : {})}
          className={cx(
            'popup fixed top-[8vh] left-1/2 z-50 flex max-h-[84vh] w-[calc(100vw-1.5rem)] -translate-x-1/2 flex-col',
            widths[width],
          )}
        >
          <Head title={title} description={description} />
          <div className="min-h-0 flex-1 overflow-y-auto px-4 pb-4">{children}</div>
          {footer ? (
            <div className="flex flex-wrap justify-end gap-2 border-t border-line px-4 py-3">{footer}</div>
          ) : null}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

function Head({ title, description }: { title: string; description: ReactNode }) {
  return (
    <div className="flex items-start justify-between gap-4 px-4 py-3">
      <div className="min-w-0">
        <Base.Title className="text-lg font-semibold wrap-anywhere">{title}</Base.Title>
        {description ? (
          <Base.Description className="text-sm text-muted">{description}</Base.Description>
        ) : null}
      </div>
      <Base.Close render={<IconButton label="Close" icon={<X aria-hidden="true" className="size-4" />} />} />
    </div>
  );
}
