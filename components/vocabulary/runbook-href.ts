/** Where a link in a runbook leads: to the page of another file of runbooks, or elsewhere. null: to a file without a page. */
export function runbookHref(href: string): string | null {
  if (/^https?:/i.test(href)) return href;
  const found = /^(?:\.\/)?([a-z][a-z0-9-]*)\.md(#[\w-]+)?$/.exec(href);
  return found?.[1] === undefined ? null : `/runbooks/${found[1]}${found[2] ?? ''}`;
}
