'use client';

import { useEffect, useRef } from 'react';

type Params = Readonly<Record<string, string>>;

/** What has to be added to an address so that it shows tomorrow what it shows now. */
export type Frozen = {
  /** For the page itself; read when the address is copied. */
  readonly page: () => Params;
  /** For the address of a row; nothing where a row's page does not change. */
  readonly row?: () => Params;
};

/** Of a page whose address names one thing that does not change. */
export const fixedAddress: Frozen = { page: () => ({}) };

let current: Frozen | null = null;

/** Says how this page's address is frozen, as long as the component is mounted. A page that can't be says nothing. */
export function useFrozenAddress(frozen: Frozen): void {
  const latest = useRef(frozen);
  useEffect(() => {
    latest.current = frozen;
  });
  useEffect(() => {
    const own: Frozen = { page: () => latest.current.page(), row: () => latest.current.row?.() ?? {} };
    current = own;
    return () => {
      if (current === own) current = null;
    };
  }, []);
}

export type Permalink = { readonly href: string; readonly frozen: boolean };

/** The permalink of the page at `href`, or of a row whose own address is `rowHref`. */
export function permalinkOf(href: string, rowHref: string | null): Permalink {
  if (rowHref !== null) return { href: withParams(rowHref, current?.row?.() ?? {}), frozen: true };
  return { href: withParams(href, current?.page() ?? {}), frozen: current !== null };
}

/** The address with these parameters; a pause of live updates is the reader's own and is not passed on. */
export function withParams(href: string, params: Params): string {
  const url = new URL(href);
  url.searchParams.delete('paused');
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
  return url.href;
}
