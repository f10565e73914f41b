'use client';

import { CircleHelp, Search } from 'lucide-react';
import dynamic from 'next/dynamic';
import { useRouter } from 'next/navigation';
import { useTheme } from 'next-themes';
import { useMemo, useState } from 'react';
import { IconButton } from '../ui/button.tsx';
import { useTimeZone } from '../ui/clock.tsx';
import { type Command, useCommands } from '../ui/commands.ts';
import { Kbd } from '../ui/kbd.tsx';
import { notify, notifyFailure } from '../ui/notify.ts';
import { permalinkOf } from '../ui/permalink.ts';
import { useShortcut, useShortcutListener } from '../ui/shortcuts.ts';
import { Tooltip } from '../ui/tooltip.tsx';
import { type Place, usePlaces } from './places.ts';

// Neither is needed to read a page, so neither is in its first load.
const Palette = dynamic(() => import('./palette.tsx'), { ssr: false });
const KeyHelp = dynamic(() => import('./key-help.tsx'), { ssr: false });

/** Opens the palette and the help, and listens for every key. */
export function Keyboard() {
  const [palette, setPalette] = useState<'unopened' | boolean>('unopened');
  const [help, setHelp] = useState<'unopened' | boolean>('unopened');
  const places = usePlaces();
  useShortcutListener();
  useGeneralCommands();
  useShortcut('mod+k', 'Open the commands', () => setPalette(true), 'Everywhere');
  useShortcut('?', 'Show the keys that work here', () => setHelp(true), 'Everywhere');
  useShortcut('/', 'Search this page, or everything', () => focusSearch() || setPalette(true), 'Everywhere');
  useShortcut('y', 'Copy a permalink of the page, or of the row', () => void copyPermalink(), 'Everywhere');
  return (
    <>
      <button
        type="button"
        onClick={() => setPalette(true)}
        className="inline-flex h-8 min-w-0 items-center gap-2 rounded-md border border-line bg-surface px-2.5 text-sm text-muted transition-colors hover:border-control hover:text-ink sm:w-64"
      >
        <Search aria-hidden="true" className="size-4 shrink-0" />
        <span className="max-sm:sr-only">Go to, or do…</span>
        <span className="ml-auto max-sm:hidden">
          <Kbd keys="mod+K" />
        </span>
      </button>
      <span className="order-last">
        <Tooltip content="Keys that work here (?)">
          <IconButton
            label="Keys that work here"
            onClick={() => setHelp(true)}
            icon={<CircleHelp aria-hidden="true" className="size-4" />}
          />
        </Tooltip>
      </span>
      {palette === 'unopened' ? null : <Palette open={palette} onOpenChange={setPalette} />}
      {help === 'unopened' ? null : <KeyHelp open={help} onOpenChange={setHelp} />}
      {places.map((place) => (
        <PlaceKey key={place.href} place={place} />
      ))}
    </>
  );
}

function PlaceKey({ place }: { place: Place }) {
  const router = useRouter();
  useShortcut(`g ${place.key}`, place.label, () => router.push(place.href), 'Go to');
  return null;
}

function useGeneralCommands(): void {
  const router = useRouter();
  const places = usePlaces();
  const { setTheme } = useTheme();
  const { zone, setZone } = useTimeZone();
  const commands = useMemo<readonly Command[]>(
    () => [
      ...places.map((place) => ({
        id: `go:${place.href}`,
        label: place.label,
        group: 'Go to',
        keys: `g ${place.key}`,
        run: () => router.push(place.href),
      })),
      { id: 'copy:link', label: 'Copy a permalink', group: 'Do', keys: 'y', run: () => void copyPermalink() },
      ...(['light', 'dark', 'system'] as const).map((theme) => ({
        id: `theme:${theme}`,
        label: theme === 'system' ? 'Theme: as the system has it' : `Theme: ${theme}`,
        group: 'Show',
        run: () => setTheme(theme),
      })),
      {
        id: 'zone',
        label: zone === 'utc' ? 'Times in your local zone' : 'Times in UTC',
        group: 'Show',
        keywords: ['time zone'],
        run: () => setZone(zone === 'utc' ? 'local' : 'utc'),
      },
    ],
    [places, router, setTheme, zone, setZone],
  );
  useCommands(commands);
}

/** Brings the focus to the page's own search; false where it has none. */
function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>('[data-page-search]');
  field?.focus();
  field?.select();
  return field !== null;
}

async function copyPermalink(): Promise<void> {
  const row = document.activeElement
    ?.closest('tr[data-row-key]')
    ?.querySelector<HTMLAnchorElement>('a[href]');
  const { href, frozen } = permalinkOf(window.location.href, row?.href ?? null);
  try {
    await navigator.clipboard.writeText(href);
    await notify(
      row ? 'Copied the row’s permalink' : 'Copied the page’s permalink',
      frozen ? href : 'This page shows the present, whenever it is opened.',
    );
  } catch {
    await notifyFailure('The browser refused to copy', href);
  }
}
