'use client';

import { type RefObject, useEffect, useState } from 'react';

/**
 * Whether what is in the box is wider than it. A box that scrolls sideways can't have a head that sticks to the
 * window, so a table scrolls only where it has to.
 */
export function useOverflow(box: RefObject<HTMLElement | null>): boolean {
  const [overflows, setOverflows] = useState(false);
  useEffect(() => {
    const node = box.current;
    const content = node?.firstElementChild;
    if (!node || !content) return;
    const measure = () => setOverflows(content.scrollWidth > node.clientWidth + 1);
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    observer.observe(content);
    return () => observer.disconnect();
  }, [box]);
  return overflows;
}
