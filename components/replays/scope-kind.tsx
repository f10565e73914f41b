import { RadioGroup } from '@/components/ui/radio-group.tsx';
import type { ScopeKind as Kind } from './scope-form.ts';

const kinds: readonly { readonly value: Kind; readonly label: string; readonly hint: string }[] = [
  {
    value: 'all',
    label: 'Everything',
    hint: 'The whole history: the only scope that proves all of it.',
  },
  { value: 'partitions', label: 'Partitions', hint: 'Some partitions, from their start.' },
  { value: 'offsets', label: 'Offsets', hint: 'Ranges per partition.' },
  { value: 'time', label: 'Time', hint: 'Between two instants, in UTC.' },
  { value: 'keys', label: 'Keys', hint: 'Some ordering keys.' },
];

/** Which kind of scope, of those that the contract allows; the others say why not. */
export function ScopeKind({
  kind,
  allowed,
  onChange,
}: {
  kind: Kind;
  /** null: the contract is not known. */
  allowed: readonly string[] | null;
  onChange: (kind: Kind) => void;
}) {
  return (
    <RadioGroup
      label="What to replay"
      look="cards"
      value={kind}
      onValueChange={(value) => onChange(kinds.find((each) => each.value === value)?.value ?? 'all')}
      options={kinds.map((each) => ({
        ...each,
        disabledReason:
          allowed === null || allowed.includes(each.value)
            ? null
            : `The contract allows only scopes by ${allowed.join(', ')}.`,
      }))}
    />
  );
}
