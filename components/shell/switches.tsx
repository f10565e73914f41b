'use client';

import { Moon, Sun } from 'lucide-react';
import { useTheme } from 'next-themes';
import { IconButton } from '../ui/button.tsx';
import { useTimeZone } from '../ui/clock.tsx';
import { Tooltip } from '../ui/tooltip.tsx';

/** Both icons are rendered and the style shows one, because the server cannot know the theme. */
export function ThemeSwitch() {
  const { resolvedTheme, setTheme } = useTheme();
  return (
    <Tooltip content="Switch between light and dark">
      <IconButton
        label="Switch between light and dark"
        onClick={() => setTheme(resolvedTheme === 'dark' ? 'light' : 'dark')}
        icon={
          <>
            <Sun aria-hidden="true" className="size-4 dark:hidden" />
            <Moon aria-hidden="true" className="hidden size-4 dark:block" />
          </>
        }
      />
    </Tooltip>
  );
}

/** Says in which zone times are printed, and switches it. */
export function ZoneSwitch() {
  const { zone, setZone } = useTimeZone();
  const other = zone === 'utc' ? 'local' : 'utc';
  const shown = zone === 'utc' ? 'UTC' : 'Local';
  return (
    <Tooltip content={`Times are in ${zone === 'utc' ? 'UTC' : 'your local zone'}; switch`}>
      <button
        type="button"
        aria-label={`${shown}: switch the time zone`}
        onClick={() => setZone(other)}
        className="inline-flex h-7 items-center rounded-md px-2 text-xs font-medium text-muted transition-colors hover:bg-hover hover:text-ink"
      >
        {shown}
      </button>
    </Tooltip>
  );
}
