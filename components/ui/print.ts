'use client';

import { useEffect } from 'react';

/** Opens what is folded away before the page is printed, and folds it again afterwards. */
export function useUnfoldedInPrint(): void {
  useEffect(() => {
    let opened: readonly HTMLDetailsElement[] = [];
    const unfold = () => {
      opened = [...document.querySelectorAll('details:not([open])')].filter(
        (each) => each instanceof HTMLDetailsElement,
      );
      for (const each of opened) each.open = true;
    };
    const fold = () => {
      for (const each of opened) each.open = false;
      opened = [];
    };
    window.addEventListener('beforeprint', unfold);
    window.addEventListener('afterprint', fold);
    return () => {
      window.removeEventListener('beforeprint', unfold);
      window.removeEventListener('afterprint', fold);
    };
  }, []);
}
