'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { cx } from '../ui/class-names.ts';
import { isWithin, usePlaces } from './places.ts';

/** The places, down the side where there is room and across the top where there is not. */
export function Navigation() {
  const path = usePathname();
  const places = usePlaces();
  const trpc = useTRPC();
  const reads = places.some((place) => place.href === '/incidents');
  // A question of its own, which no page asks: what the frame has asked again meanwhile would not be what the server
  // drew of a page that comes to life after the frame.
  const { data: open = 0 } = useQuery({ ...trpc.incidents.openCount.queryOptions(), enabled: reads });
  return (
    <nav aria-label="Main">
      <ul className="flex flex-wrap gap-0.5 lg:flex-col">
        {places.map(({ href, label, icon: Icon }) => {
          const here = isWithin(path, href);
          return (
            <li key={href}>
              <Link
                href={href}
                aria-current={here ? (path === href ? 'page' : 'true') : undefined}
                className={cx(
                  'flex h-8 items-center gap-2 rounded-md px-2 text-sm transition-colors',
                  here ? 'bg-hover font-medium text-ink' : 'text-muted hover:bg-hover hover:text-ink',
                )}
              >
                <Icon aria-hidden="true" className="size-4 shrink-0 max-sm:hidden" />
                {label}
                {href === '/incidents' && open > 0 ? (
                  <span className="ml-auto rounded-sm bg-failed-tint px-1.5 text-xs tabular-nums text-failed">
                    {open}
                    <span className="sr-only"> open</span>
                  </span>
                ) : null}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
