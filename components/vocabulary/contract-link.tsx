import { TextLink } from '@/components/ui/link.tsx';

/** The way to a contract, at the version that is meant. */
export function ContractLink({ id, version }: { id: string; version?: number }) {
  return (
    <span className="whitespace-nowrap">
      <TextLink quiet href={`/contracts/${encodeURIComponent(id)}`}>
        {id}
      </TextLink>
      {version === undefined ? null : <span className="text-muted"> v{version}</span>}
    </span>
  );
}
