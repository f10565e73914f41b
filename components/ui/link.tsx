import NextLink from 'next/link';
import type { AnchorHTMLAttributes, ReactNode } from 'react';
import { cx } from './class-names.ts';

export type TextLinkProps = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> & {
  href: string;
  children: ReactNode;
  /** In a table's first cell or a count, where the underline appears on hover only; in running text leave it out. */
  quiet?: boolean;
  /** Following it leaves the page where it is scrolled to. */
  scroll?: boolean;
};

/** A link inside text. Underlined, so that it is more than a colour. An address of another origin opens in place. */
export function TextLink({ href, children, quiet = false, scroll, className, ...rest }: TextLinkProps) {
  const look = cx(
    'rounded-sm text-accent underline-offset-2',
    // Alone in its cell a link is a target, and 24 px tall with its line (WCAG 2.5.8).
    quiet ? 'inline-block py-0.5 hover:underline focus-visible:underline' : 'underline decoration-1',
    className,
  );
  if (/^[a-z]+:/i.test(href)) {
    return (
      <a {...rest} href={href} rel="noreferrer" className={look}>
        {children}
      </a>
    );
  }
  return (
    <NextLink {...rest} {...(scroll === undefined ? {} : { scroll })} href={href} className={look}>
      {children}
    </NextLink>
  );
}
