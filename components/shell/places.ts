import { BookCheck, Columns3, FileText, House, RotateCcw } from 'lucide-react';

/** The places of the dashboard, in the order of the questions they answer. `key` follows `g`. */
export const places = [
  { href: '/', label: 'Overview', key: 'o', icon: House },
  { href: '/contracts', label: 'Contracts', key: 'c', icon: FileText },
  { href: '/replays', label: 'Replays', key: 'r', icon: RotateCcw },
  { href: '/states', label: 'States', key: 's', icon: Columns3 },
  { href: '/evidence', label: 'Evidence', key: 'e', icon: BookCheck },
] as const;

/** Whether `path` lies in the place at `href`. */
export function isWithin(path: string, href: string): boolean {
  return href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`);
}
