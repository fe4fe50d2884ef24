import { tryTokenizePac } from './pac-tokens.ts';

/** The function that a marked script calls, with the number of a line. */
export const markFunction = 'alert';

/** What a mark says before the number. */
export const markText = '\u0001return at this line';

/**
 * The script with a mark before each value that it returns, so that the last mark says which line decided. Lines keep
 * their numbers. A script that cannot be cut into tokens comes back as it was.
 */
export function markReturns(source: string): string {
  const tokens = tryTokenizePac(source) ?? [];
  let marked = '';
  let copied = 0;
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1];
    const isStatement = token.text === 'return' && token.kind === 'name' && tokens[index - 1]?.text !== '.';
    if (!isStatement || !next || next.afterNewline || next.text === ';' || next.text === '}' || next.text === ':')
      continue;
    marked += `${source.slice(copied, next.start)}${markFunction}(${JSON.stringify(markText)}),`;
    copied = next.start;
  }
  return marked + source.slice(copied);
}
