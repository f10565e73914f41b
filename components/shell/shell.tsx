'use client';

import dynamic from 'next/dynamic';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { Mark } from '../ui/mark.tsx';
import { TooltipHost } from '../ui/tooltip.tsx';
import { Keyboard } from './keyboard.tsx';
import { LiveIndicator } from './live-indicator.tsx';
import { Navigation } from './navigation.tsx';
import { OldFigures } from './old-figures.tsx';
import { SignedIn } from './signed-in.tsx';
import { ThemeSwitch, ZoneSwitch } from './switches.tsx';

const Toaster = dynamic(() => import('./toaster.tsx'), { ssr: false });

/** The frame of every page: where one is, how fresh it is, and the way to everywhere else. */
export function Shell({ children }: { children: ReactNode }) {
  return (
    <div data-shell="" className="flex min-h-dvh flex-col lg:grid lg:grid-cols-[13rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="absolute top-2 left-2 z-50 -translate-y-16 rounded-md bg-accent px-3 py-1.5 text-sm font-medium text-on-accent focus:translate-y-0"
      >
        Skip to content
      </a>
      <aside className="flex flex-wrap items-center gap-x-4 gap-y-1 border-line bg-surface px-4 py-2 max-lg:border-b lg:sticky lg:top-0 lg:h-dvh lg:flex-col lg:flex-nowrap lg:items-stretch lg:border-r lg:px-3 lg:py-3">
        <Link href="/" className="flex h-8 items-center gap-2 rounded-md px-2 font-semibold">
          <Mark />
          Reprise
        </Link>
        <Navigation />
      </aside>
      <div className="flex min-w-0 flex-1 flex-col">
        <div
          data-no-print=""
          className="z-20 flex min-h-(--shell-top) flex-wrap items-center gap-2 border-b border-line bg-canvas px-4 py-1.5 lg:sticky lg:top-0 lg:px-6"
        >
          <Keyboard />
          <div className="ml-auto flex flex-wrap items-center gap-1">
            <LiveIndicator />
            <ZoneSwitch />
            <ThemeSwitch />
            <SignedIn />
          </div>
        </div>
        <main
          id="main"
          tabIndex={-1}
          className="mx-auto flex w-full max-w-[100rem] flex-1 flex-col gap-8 px-4 py-5 outline-none lg:px-6"
        >
          {children}
          <TooltipHost />
        </main>
        <OldFigures />
      </div>
      <Toaster />
    </div>
  );
}
