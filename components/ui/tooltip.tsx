'use client';

import {
  cloneElement,
  type FocusEvent,
  type PointerEvent,
  type ReactElement,
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useSyncExternalStore,
} from 'react';
import { placeHint } from './hint-place.ts';

/**
 * One hint for the whole page, and our own: a library's tooltip weighs 40 kB of every page's first load, and one
 * popup a row would cost a table of hundreds of rows its first second.
 */
type Shown = { readonly anchor: Element; readonly content: ReactNode };

const openAfterMs = 350;
const closeAfterMs = 120;
let shown: Shown | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function show(next: Shown | null): void {
  clearTimeout(timer);
  if (next === shown) return;
  shown = next;
  for (const listener of listeners) listener();
}

function showLater(next: Shown | null, afterMs: number): void {
  clearTimeout(timer);
  timer = setTimeout(() => show(next), afterMs);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

type Carrier = {
  onPointerEnter?: (event: PointerEvent) => void;
  onPointerLeave?: (event: PointerEvent) => void;
  onPointerDown?: (event: PointerEvent) => void;
  onFocus?: (event: FocusEvent) => void;
  onBlur?: (event: FocusEvent) => void;
};

export type TooltipProps = {
  /** What is said on hover and on focus. Never the only place where something is said to a screen reader. */
  content: ReactNode;
  /** The element that carries it; it must be focusable and pass its handlers on. */
  children: ReactElement<Carrier>;
};

/** A hint on hover and on focus. It can be hovered itself, and Escape closes it (WCAG 1.4.13). */
export function Tooltip({ content, children }: TooltipProps) {
  const own = children.props;
  return cloneElement(children, {
    onPointerEnter: (event) => {
      own.onPointerEnter?.(event);
      if (event.pointerType === 'mouse')
        showLater({ anchor: event.currentTarget, content }, shown ? 0 : openAfterMs);
    },
    onPointerLeave: (event) => {
      own.onPointerLeave?.(event);
      showLater(null, closeAfterMs);
    },
    onPointerDown: (event) => {
      own.onPointerDown?.(event);
      show(null);
    },
    onFocus: (event) => {
      own.onFocus?.(event);
      if (event.currentTarget.matches(':focus-visible')) show({ anchor: event.currentTarget, content });
    },
    onBlur: (event) => {
      own.onBlur?.(event);
      show(null);
    },
  });
}

/** Mounted once, inside the page's main landmark: what is said outside of one is lost to who moves by landmarks. */
export function TooltipHost() {
  const hint = useSyncExternalStore(
    subscribe,
    () => shown,
    () => null,
  );
  return hint === null ? null : <Hint key="hint" hint={hint} />;
}

function Hint({ hint }: { hint: Shown }) {
  const box = useRef<HTMLDivElement>(null);
  const close = useCallback(() => show(null), []);
  useLayoutEffect(() => {
    const node = box.current;
    if (!node) return;
    // The top layer: above a sticky head and above an open dialog, and never clipped by a table that scrolls.
    if (!node.matches(':popover-open')) node.showPopover();
    const view = { width: document.documentElement.clientWidth, height: window.innerHeight };
    const place = placeHint(hint.anchor.getBoundingClientRect(), node.getBoundingClientRect(), view);
    node.style.left = `${place.left}px`;
    node.style.top = `${place.top}px`;
  }, [hint]);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Escape') close();
    };
    document.addEventListener('keydown', onKeyDown);
    window.addEventListener('scroll', close, { capture: true, passive: true });
    window.addEventListener('resize', close);
    return () => {
      document.removeEventListener('keydown', onKeyDown);
      window.removeEventListener('scroll', close, { capture: true });
      window.removeEventListener('resize', close);
    };
  }, [close]);
  return (
    <div
      ref={box}
      popover="manual"
      role="tooltip"
      onPointerEnter={() => show(hint)}
      onPointerLeave={() => showLater(null, closeAfterMs)}
      className="hint fixed m-0 max-w-80 px-2 py-1 text-xs wrap-anywhere"
    >
      {hint.content}
    </div>
  );
}
