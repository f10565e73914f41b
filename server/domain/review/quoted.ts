/** Whatever some reader takes for the end of a line: CommonMark knows two of them. */
const lineEnds = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/;
/** Where HTML may begin (CommonMark 4.6, 6.6), and whether it is escaped already: after an odd number of backslashes. */
const mayBeHtml = /(\\*)<(?=[A-Za-z/!?])/g;
/** Where a picture begins (CommonMark 6.4): it would be fetched from where somebody put it, by whoever reads this. */
const mayBePicture = /(\\*)!(?=\[)/g;

/**
 * What a person wrote in Markdown, as a quotation: no line of it stands beside the headings and facts of the document
 * around it. HTML would, because it could close the quotation, so that it is escaped wherever it may begin; and so are
 * pictures, of which their links stay. By a pattern and by no parser: a parser takes minutes for 16 kB that somebody made for it.
 */
export function quoted(markdown: string): string {
  return markdown
    .replace(/^(?:[^\S\n]*\n)+/, '')
    .trimEnd()
    .replace(mayBeHtml, (found, before: string) => (before.length % 2 === 1 ? found : `${before}\\<`))
    .replace(mayBePicture, (found, before: string) => (before.length % 2 === 1 ? found : `${before}\\!`))
    .split(lineEnds)
    .map((line) => (line === '' ? '>' : `> ${line}`))
    .join('\n');
}

/** What is cut out of rows stays one line of Markdown, whatever somebody named it. */
export const oneLine = (text: string): string => asLine(escaped(text));

/** A piece of a line. */
export const escaped = (text: string): string =>
  text.replace(/[\s\u0085]+/g, ' ').replace(/[\\`*_<>[\]|#&~]/g, '\\$&');

/** Pieces put together, of which none begins a list or a heading. */
export const asLine = (pieces: string): string =>
  pieces
    .trim()
    .replace(/^([-+=])/, '\\$1')
    .replace(/^(\d+)([.)])/, '$1\\$2');

/** An address as it reads, which leads nowhere else. */
export function linked(address: string): string {
  return `<${address.replace(/[\s<>\\]/g, (each) => encodeURIComponent(each))}>`;
}
