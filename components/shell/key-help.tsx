'use client';

import { Dialog } from '../ui/dialog.tsx';
import { Kbd } from '../ui/kbd.tsx';
import { useShortcutList } from '../ui/shortcuts.ts';

export type KeyHelpProps = { open: boolean; onOpenChange: (open: boolean) => void };

type Line = { readonly keys: string; readonly label: string };

const ofTables: readonly Line[] = [
  { keys: 'j', label: 'Next row' },
  { keys: 'k', label: 'Previous row' },
  { keys: 'Enter', label: 'Open the row' },
];

/** The keys that work on this page, and no others. */
export default function KeyHelp({ open, onOpenChange }: KeyHelpProps) {
  const shortcuts = useShortcutList();
  const newest = [...new Map(shortcuts.map((each) => [each.keys, each])).values()];
  const groups: Array<[string, readonly Line[]]> = [...Map.groupBy(newest, (each) => each.group)];
  const hasRows = open && document.querySelector('[data-rows]') !== null;
  const all = hasRows ? [...groups, ['Tables', ofTables] as const] : groups;
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keys that work here">
      <div className="grid gap-6 sm:grid-cols-2">
        {all.map(([group, lines]) => (
          <div key={group}>
            <h3 className="mb-1 text-xs text-muted">{group}</h3>
            <dl className="divide-y divide-line border-y border-line">
              {lines.map((line) => (
                <div key={line.keys} className="flex min-h-8 items-center justify-between gap-4 text-sm">
                  <dt>{line.label}</dt>
                  <dd>
                    <Kbd keys={line.keys} />
                  </dd>
                </div>
              ))}
            </dl>
          </div>
        ))}
      </div>
    </Dialog>
  );
}
