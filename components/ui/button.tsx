import Link from 'next/link';
import { type ButtonHTMLAttributes, type ReactNode, useId } from 'react';
import { cx } from './class-names.ts';

type Variant = 'primary' | 'secondary' | 'quiet' | 'danger';
type Size = 'sm' | 'md';

const variants: Record<Variant, string> = {
  primary: 'bg-accent text-on-accent border-accent hover:opacity-90',
  secondary: 'bg-surface text-ink border-control hover:bg-hover',
  quiet: 'bg-transparent text-ink border-transparent hover:bg-hover',
  danger: 'bg-surface text-failed border-failed hover:bg-failed-tint',
};
const sizes: Record<Size, string> = { sm: 'h-7 px-2 text-sm', md: 'h-8 px-3 text-sm' };
const off = 'bg-subtle text-muted border-line cursor-not-allowed';
const base =
  'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap transition-colors target';

function look(variant: Variant, size: Size, disabled: boolean, extra?: string): string {
  return cx(base, sizes[size], disabled ? off : variants[variant], extra);
}

export type ButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled'> & {
  variant?: Variant;
  size?: Size;
  icon?: ReactNode;
  /** Why it cannot be pressed now: shown beside the button, announced, and the button keeps its focus. */
  disabledReason?: string | null | undefined;
  /** Its effect is under way: it says so and takes no second press. */
  pending?: boolean;
  /** Where the reason stands; `below` suits a form's last line, `beside` a toolbar. */
  reasonPlacement?: 'below' | 'beside';
};

/** A button. There is no bare `disabled`: whoever switches it off says why. */
export function Button({
  variant = 'secondary',
  size = 'md',
  icon,
  disabledReason,
  pending = false,
  reasonPlacement = 'beside',
  className,
  children,
  onClick,
  type = 'button',
  ...rest
}: ButtonProps) {
  const reasonId = useId();
  const blocked = Boolean(disabledReason);
  const inert = blocked || pending;
  const button = (
    <button
      {...rest}
      type={type}
      aria-disabled={inert || undefined}
      aria-busy={pending || undefined}
      aria-describedby={blocked ? reasonId : rest['aria-describedby']}
      onClick={inert ? (event) => event.preventDefault() : onClick}
      className={look(variant, size, blocked, className)}
    >
      {icon}
      {children}
      {pending ? <span aria-hidden="true">…</span> : null}
    </button>
  );
  if (disabledReason === undefined) return button;
  return (
    <span
      className={cx(
        'inline-flex gap-x-2 gap-y-1',
        reasonPlacement === 'below' ? 'flex-col items-start' : 'flex-wrap items-center',
      )}
    >
      {button}
      <span id={reasonId} aria-live="polite" className="text-xs text-muted">
        {disabledReason}
      </span>
    </span>
  );
}

export type ButtonLinkProps = {
  href: string;
  variant?: Variant;
  size?: Size;
  icon?: ReactNode;
  /** A file the browser saves instead of a page it opens. */
  download?: boolean | string;
  className?: string;
  children: ReactNode;
};

/** A link that looks like a button, for going somewhere; a button is for doing something. */
export function ButtonLink({
  href,
  variant = 'secondary',
  size = 'md',
  icon,
  download,
  className,
  children,
}: ButtonLinkProps) {
  const shared = look(variant, size, false, className);
  if (download !== undefined) {
    return (
      <a href={href} download={download} className={shared}>
        {icon}
        {children}
      </a>
    );
  }
  return (
    <Link href={href} className={shared}>
      {icon}
      {children}
    </Link>
  );
}

export type IconButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled' | 'children'> & {
  /** Said to a screen reader; the icon alone says nothing. */
  label: string;
  icon: ReactNode;
};

/** A 28 px button with an icon only. */
export function IconButton({ label, icon, className, type = 'button', ...rest }: IconButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      aria-label={label}
      className={cx(
        'inline-flex size-7 shrink-0 items-center justify-center rounded-md text-muted transition-colors hover:bg-hover hover:text-ink target',
        className,
      )}
    >
      {icon}
    </button>
  );
}
