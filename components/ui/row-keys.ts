'use client';

import { type RefObject, useEffect } from 'react';

/** True where letters are text: a shortcut must never eat what someone types. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.role === 'combobox'
  );
}

/** True while a dialog is open: the page behind it does not listen. */
export function dialogIsOpen(): boolean {
  return (
    document.querySelector('[role="dialog"][data-open]:not([data-peek]), [role="alertdialog"][data-open]') !==
    null
  );
}

/** Whether this table is the one that j and k mean: the one with the focus, else the first of the page. */
function isCurrent(container: HTMLElement): boolean {
  const all = [...document.querySelectorAll<HTMLElement>('[data-rows]')];
  const focused = all.find((each) => each.contains(document.activeElement));
  return (focused ?? all[0]) === container;
}

const steps: Record<string, number> = { j: 1, k: -1 };

export type RowMove = {
  /** Rows in all, rendered or not. */
  count: number;
  /** The row that has the focus now, from 0; -1 for none. */
  current: () => number;
  /** Moves the focus there, scrolling where it must. */
  focus: (index: number) => void;
};

/** j and k move the focus from row to row of the table in `container`; Home and End of a focused row go to the ends. */
export function useRowKeys(
  container: RefObject<HTMLElement | null>,
  { count, current, focus }: RowMove,
): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const node = container.current;
      if (!node || event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
      if (isTyping(event.target) || dialogIsOpen() || !isCurrent(node) || count === 0) return;
      const at = current();
      const target = targetOf(event.key, at, count);
      if (target === null) return;
      event.preventDefault();
      focus(target);
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [container, count, current, focus]);
}

function targetOf(key: string, at: number, count: number): number | null {
  const step = steps[key];
  if (step !== undefined) return Math.min(count - 1, Math.max(0, at + step));
  if (at === -1) return null;
  if (key === 'ArrowDown') return Math.min(count - 1, at + 1);
  if (key === 'ArrowUp') return Math.max(0, at - 1);
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  return null;
}

/** Enter on a focused row follows its first link, so that a row opens without reaching for the mouse. */
export function openRowOnEnter(event: React.KeyboardEvent<HTMLTableRowElement>): void {
  if (event.key !== 'Enter' || event.target !== event.currentTarget) return;
  const link = event.currentTarget.querySelector<HTMLElement>('a[href], button');
  if (!link) return;
  event.preventDefault();
  link.click();
}
