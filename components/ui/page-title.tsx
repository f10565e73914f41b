'use client';

import { useEffect } from 'react';

/** Puts the verdict into the tab's title, where it is read among twenty other tabs. */
export function PageTitle({ text }: { text: string }) {
  useEffect(() => {
    document.title = `${text} · Reprise`;
  }, [text]);
  return null;
}
