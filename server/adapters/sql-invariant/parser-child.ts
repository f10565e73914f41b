/** What `ParserProcess` starts: it parses what it is told, one after another, until its parent lets go of it. */
import { hasSqlDetails, parse } from 'libpg-query';
import type { FromParser, ToParser } from './parser-process.ts';

process.on('message', async ({ id, text }: ToParser) => {
  try {
    const { stmts = [] } = await parse(text);
    process.send?.({ id, statements: stmts } satisfies FromParser);
  } catch (error) {
    const mistake = error instanceof Error ? error.message : String(error);
    process.send?.({ id, mistake } satisfies FromParser, () => {
      // Only a mistake in the SQL leaves the parser's memory in order; a stack that became too deep does not.
      if (!hasSqlDetails(error)) process.disconnect();
    });
  }
});
