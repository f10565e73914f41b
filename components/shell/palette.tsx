'use client';

import { Dialog as Base } from '@base-ui/react/dialog';
import { Command as Menu } from 'cmdk';
import { type Command, useCommandList } from '../ui/commands.ts';
import { Kbd } from '../ui/kbd.tsx';

export type PaletteProps = { open: boolean; onOpenChange: (open: boolean) => void };

/** Every place and every command, found by typing. */
export default function Palette({ open, onOpenChange }: PaletteProps) {
  const commands = useCommandList();
  const groups = [...Map.groupBy(commands, (command) => command.group)];
  const run = (command: Command) => {
    onOpenChange(false);
    command.run();
  };
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-ink/30 dark:bg-canvas/70" />
        <Base.Popup className="popup fixed top-[12vh] left-1/2 z-50 w-[min(36rem,calc(100vw-1.5rem))] -translate-x-1/2 overflow-hidden">
          <Base.Title className="sr-only">Commands</Base.Title>
          <Menu label="Commands" loop>
            <Menu.Input
              placeholder="Go to, or do…"
              className="h-11 w-full border-b border-line bg-transparent px-4 text-base outline-none"
            />
            <Menu.List className="max-h-[50vh] overflow-y-auto p-1">
              <Menu.Empty className="px-3 py-6 text-sm text-muted">No command matches.</Menu.Empty>
              {groups.map(([group, members]) => (
                <Menu.Group
                  key={group}
                  heading={group}
                  className="[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-muted"
                >
                  {members.map((command) => (
                    <Menu.Item
                      key={command.id}
                      value={command.id}
                      keywords={[command.label, ...(command.keywords ?? [])]}
                      onSelect={() => run(command)}
                      className="flex min-h-8 cursor-pointer items-center justify-between gap-4 rounded-sm px-3 text-sm data-[selected=true]:bg-hover"
                    >
                      <span className="min-w-0 truncate">{command.label}</span>
                      {command.keys ? <Kbd keys={command.keys} /> : null}
                    </Menu.Item>
                  ))}
                </Menu.Group>
              ))}
            </Menu.List>
          </Menu>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
