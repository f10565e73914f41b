'use client';

import { X } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { IconButton } from './button.tsx';
import { useShortcut } from './shortcuts.ts';

export type SidePanelProps = {
  /** Names the panel to a screen reader. */
  label: string;
  /** In its first line. */
  head: ReactNode;
  /** Buttons beside the one that closes it. */
  actions?: ReactNode;
  onClose: () => void;
  /** A panel to work in takes the focus and gives it back; one to look at leaves it in the list. */
  takesFocus?: boolean;
  children: ReactNode;
};

/** Something beside a list, without leaving the list. Escape closes it. */
export function SidePanel({ label, head, actions, onClose, takesFocus = false, children }: SidePanelProps) {
  const panel = useRef<HTMLElement>(null);
  useShortcut('Escape', 'Close the panel', onClose);
  useEffect(() => {
    if (!takesFocus) return;
    const before = document.activeElement;
    panel.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [takesFocus]);
  return (
    <aside
      ref={panel}
      aria-label={label}
      tabIndex={takesFocus ? -1 : undefined}
      className="fixed top-0 right-0 bottom-0 z-30 flex w-[min(28rem,100vw)] flex-col border-l border-line bg-surface shadow-popup outline-none"
    >
      <div className="flex h-(--shell-top) shrink-0 items-center gap-1 border-b border-line px-4">
        <span className="mr-auto min-w-0 truncate text-sm">{head}</span>
        {actions}
        <IconButton
          label="Close the panel (Escape)"
          onClick={onClose}
          icon={<X aria-hidden="true" className="size-4" />}
        />
      </div>
      <div className="flex flex-1 flex-col gap-4 overflow-y-auto p-4">{children}</div>
    </aside>
  );
}
