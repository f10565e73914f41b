import { ArrowUp } from 'lucide-react';
import { Button } from './button.tsx';
import { formatCount } from './format-number.ts';

export type NewRowsProps = { fresh: number; onShow: () => void };

/** `+14 new`: rows that wait until somebody wants them. It stands last in a list's filters, where it moves nothing. */
export function NewRows({ fresh, onShow }: NewRowsProps) {
  return (
    <div className="ml-auto flex h-8 items-center">
      {fresh > 0 ? (
        <Button size="sm" icon={<ArrowUp aria-hidden="true" className="size-3.5" />} onClick={onShow}>
          +{formatCount(fresh)} new
        </Button>
      ) : null}
      <span role="status" className="sr-only">
        {fresh > 0 ? 'Newer rows are held back above the list.' : ''}
      </span>
    </div>
  );
}
