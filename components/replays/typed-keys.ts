'use client';

import { useDraft } from '@/components/ui/draft.ts';
import { useHydrated } from '@/components/ui/hydrated.ts';

/** As an address carries them: servers and proxies take some 8,000 characters, and the rest of it wants some too. */
const MOST_IN_AN_ADDRESS = 4_000;

/** Half a character, as of a text that was cut, has no such form by itself, and is taken for what stands in for it. */
export const fitAnAddress = (keys: string): boolean =>
  new URLSearchParams({ keys }).toString().length <= MOST_IN_AN_ADDRESS;

type InAddress = { readonly keys: string; readonly keysInTab: boolean };

export type TypedKeys = {
  readonly keys: string;
  /** `tab`: the address doesn't hold them; `lost`: it says that a tab does, and this one doesn't. */
  readonly place: 'address' | 'tab' | 'lost';
  readonly setKeys: (keys: string) => void;
};

/** The keys of a scope as they were typed: in the address, or kept by the tab where they are too long for one. */
export function useTypedKeys(
  { keys, keysInTab }: InAddress,
  setAddress: (change: InAddress) => void,
): TypedKeys {
  const { text, setText, forget } = useDraft('replay-keys');
  const isHydrated = useHydrated();
  const setKeys = (typed: string) => {
    const isShort = fitAnAddress(typed);
    if (isShort) forget();
    else setText(typed);
    setAddress({ keys: isShort ? typed : '', keysInTab: !isShort });
  };
  if (!keysInTab) return { keys, place: 'address', setKeys };
  return { keys: text, place: isHydrated && text === '' ? 'lost' : 'tab', setKeys };
}
