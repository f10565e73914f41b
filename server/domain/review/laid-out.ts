const MOST_NESTED = 20;
/** Of the squares of the marks of each block: about those of one paragraph with 500. */
const MOST_COST = 500 * 500;
const containers = /^(?:[ \t]*(?:[-+*>]|\d{1,9}[.)]))*/;

/**
 * Whether Markdown can be laid out by a parser in a time that anybody waits. Lists within lists, and marks of emphasis
 * and links in one paragraph, take parsers the square of their number or more: what has too many of them is shown as it
 * was written.
 */
export function canBeLaidOut(markdown: string): boolean {
  let cost = 0;
  return markdown.split(/\n[ \t>]*(?=\n)/).every((block) => {
    cost += marksOf(block) ** 2;
    if (cost > MOST_COST) return false;
    return block.split('\n').every((line) => {
      const [begins = ''] = containers.exec(line) ?? [];
      return (begins.match(/[-+*>]|\d[.)]/g)?.length ?? 0) <= MOST_NESTED;
    });
  });
}

/** Those that mean something: one behind a backslash does not, and a backslash behind one is a letter. */
const marksOf = (block: string) =>
  (block.match(/\\[\s\S]|[*_[\]`<~]/g) ?? []).filter((each) => !each.startsWith('\\')).length;
