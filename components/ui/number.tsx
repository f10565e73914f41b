/** An offset or position: monospaced and ungrouped, as every other tool of this field prints it. */
export function Offset({ value }: { value: string | bigint | number }) {
  return <span className="font-mono text-sm">{String(value)}</span>;
}
