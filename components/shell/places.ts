'use client';

import {
  ArrowUpFromLine,
  BookCheck,
  BookOpenText,
  Columns3,
  CopyX,
  FileText,
  Flame,
  Gauge,
  History,
  House,
  MailX,
  RotateCcw,
  ScrollText,
  Siren,
  Stamp,
  UsersRound,
  Waypoints,
} from 'lucide-react';
import { useMemo } from 'react';
import type { Right } from '@/server/domain/access/index.ts';
import { useViewer } from '../vocabulary/viewer.ts';

export type Place = {
  readonly href: string;
  readonly label: string;
  readonly key: string;
  readonly icon: typeof House;
  /** Who may go there. */
  readonly right: Right;
};

/** The places of the dashboard, in the order of the questions they answer. `key` follows `g`. */
const places: readonly Place[] = [
  { href: '/', label: 'Overview', key: 'o', icon: House, right: 'read' },
  { href: '/incidents', label: 'Incidents', key: 'i', icon: Siren, right: 'read' },
  { href: '/runbooks', label: 'Runbooks', key: 'k', icon: BookOpenText, right: 'read' },
  { href: '/reviews', label: 'Reviews', key: 'h', icon: History, right: 'read' },
  { href: '/contracts', label: 'Contracts', key: 'c', icon: FileText, right: 'read' },
  { href: '/replays', label: 'Replays', key: 'r', icon: RotateCcw, right: 'read' },
  { href: '/states', label: 'States', key: 's', icon: Columns3, right: 'read' },
  { href: '/lag', label: 'Lag', key: 'l', icon: Gauge, right: 'read' },
  { href: '/budgets', label: 'Budgets', key: 'b', icon: Flame, right: 'read' },
  { href: '/losses', label: 'Duplicates and losses', key: 'd', icon: CopyX, right: 'read' },
  { href: '/sagas', label: 'Sagas', key: 'w', icon: Waypoints, right: 'read' },
  { href: '/dead-letters', label: 'Dead letters', key: 'x', icon: MailX, right: 'read' },
  { href: '/promotions', label: 'Promotions', key: 'm', icon: ArrowUpFromLine, right: 'read' },
  { href: '/approvals', label: 'Approvals', key: 'v', icon: Stamp, right: 'read' },
  { href: '/evidence', label: 'Evidence', key: 'e', icon: BookCheck, right: 'read' },
  { href: '/audit', label: 'Audit', key: 'a', icon: ScrollText, right: 'audit' },
  { href: '/people', label: 'People', key: 'p', icon: UsersRound, right: 'people' },
];

/** Those that are open to whoever is signed in. A door that can't be opened is not shown; it stays shut as well. */
export function usePlaces(): readonly Place[] {
  const rights = useViewer()?.rights;
  return useMemo(() => places.filter((place) => rights?.includes(place.right)), [rights]);
}

/** Whether `path` lies in the place at `href`. */
export function isWithin(path: string, href: string): boolean {
  return href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`);
}
