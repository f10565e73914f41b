'use client';

import { useSyncExternalStore } from 'react';

const never = () => () => undefined;

/**
 * False on the server, and in the browser until it has taken over what the server made; then true. What the browser
 * alone knows (that something is being read again just then) is not to be in the first of its pages, or React throws
 * away what the server made.
 */
export const useHydrated = (): boolean =>
  useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
