import { tryTokenizePac } from './pac-tokens.ts';

/** What a marked script says by `alert`, whose line is known, before it returns something. */
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
    const isStatement = token.text === 'return' && tokens[index - 1]?.text !== '.';
    if (!isStatement || !next || next.afterNewline || [';', '}', ':'].includes(next.text)) continue;
    marked += `${source.slice(copied, next.start)}alert(${JSON.stringify(markText)}),`;
    copied = next.start;
  }
  return marked + source.slice(copied);
}
