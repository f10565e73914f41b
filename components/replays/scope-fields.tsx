import { TextArea, TextField } from '@/components/ui/text-field.tsx';
import type { ParsedScope, ScopeDraft } from './scope-form.ts';
import type { TypedKeys } from './typed-keys.ts';

const keysHint: Readonly<Record<TypedKeys['place'], string>> = {
  address: 'One a line.',
  tab: 'One a line. They are too long for the address of this page, so that only this tab holds them: a link to it does not.',
  lost: 'One a line. This address says that there were many, which it does not hold: they stand in the tab where they were written.',
};

/** What a scope of the chosen kind is made of. */
export function ScopeFields({
  draft,
  parsed,
  keysPlace,
  onKeys,
  onChange,
}: {
  draft: ScopeDraft;
  parsed: ParsedScope;
  keysPlace: TypedKeys['place'];
  onKeys: TypedKeys['setKeys'];
  onChange: (change: Partial<Record<'partitions' | 'offsets' | 'from' | 'to', string>>) => void;
}) {
  const errorOf = (field: keyof ScopeDraft) =>
    !parsed.ok && parsed.field === field && draft[field] !== '' ? parsed.sentence : null;
  switch (draft.kind) {
    case 'all':
      return null;
    case 'partitions':
      return (
        <TextField
          label="Partitions"
          mono
          value={draft.partitions}
          onChange={(event) => onChange({ partitions: event.target.value })}
          hint="Numbers, for example 0, 3."
          error={errorOf('partitions')}
        />
      );
    case 'offsets':
      return (
        <TextArea
          label="Offset ranges"
          mono
          value={draft.offsets}
          onChange={(event) => onChange({ offsets: event.target.value })}
          hint="One a line, as partition:from-to; “to” itself is not read."
          error={errorOf('offsets')}
        />
      );
    case 'time':
      return (
        <div className="flex flex-wrap gap-3">
          <TextField
            label="From (UTC)"
            type="datetime-local"
            step={1}
            value={draft.from}
            onChange={(event) => onChange({ from: event.target.value })}
            error={errorOf('from')}
          />
          <TextField
            label="Until (UTC)"
            type="datetime-local"
            step={1}
            value={draft.to}
            onChange={(event) => onChange({ to: event.target.value })}
            error={errorOf('to')}
          />
        </div>
      );
    case 'keys':
      return (
        <TextArea
          label="Keys"
          mono
          rows={5}
          value={draft.keys}
          onChange={(event) => onKeys(event.target.value)}
          hint={keysHint[keysPlace]}
          error={errorOf('keys')}
        />
      );
  }
}
