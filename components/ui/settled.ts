'use client';

import { useEffect, useState } from 'react';

/** A value once it has stood for a while, so that nothing is asked for each letter of it. The first one counts at once. */
export function useSettled<Value>(value: Value, afterMs: number): Value {
  const [settled, settle] = useState(value);
  useEffect(() => {
    if (Object.is(value, settled)) return;
    const timer = setTimeout(() => settle(() => value), afterMs);
    return () => clearTimeout(timer);
  }, [value, settled, afterMs]);
  return settled;
}
