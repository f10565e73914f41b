/**
 * Puts the verdict into the tab's title, where it is read among twenty other tabs. React lifts the element into
 * the head and takes it out again with the page. Next's own metadata names no title: the first one of a document
 * wins, and Next's stood before this one whenever it arrived later.
 */
export function PageTitle({ text }: { text: string }) {
  return <title>{`${text} · Reprise`}</title>;
}
