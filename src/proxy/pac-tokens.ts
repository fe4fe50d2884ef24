/** One token of a script. */
export interface PacToken {
  readonly kind: 'name' | 'number' | 'string' | 'expression' | 'punctuator';
  readonly text: string;
  /** Where it begins in the source. */
  readonly start: number;
  readonly afterNewline: boolean;
}

const blank = /(?:\s+|\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?\*\/)+/uy;
const lexemes: readonly [PacToken['kind'], RegExp][] = [
  ['name', /[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*/uy],
  ['number', /(?:0[xob][\da-f_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d+)?)n?/iuy],
  ['string', /"(?:[^"\\\n\r]|\\[^])*"|'(?:[^'\\\n\r]|\\[^])*'|`(?:[^`\\$]|\\[^]|\$(?!\{))*`/uy],
  [
    'punctuator',
    /\.{3}|=>|(?:\*\*|<<|>>>?|&&|\|\||\?\?|[-+*/%&|^<>!=]=?|)=|=|\+\+|--|&&|\|\||\?\?|\?\.|\*\*|>>>?|<<|[-+*/%&|^<>!~?:.,;(){}[\]]/uy,
  ],
];
const expression = /\/(?![*/])(?:[^\\/[\n\r]|\\[^\n\r]|\[(?:[^\]\\\n\r]|\\[^\n\r])*\])+\/[a-z]*/uy;
// After these words a slash begins a regular expression, as it does after most punctuators.
const beforeExpression = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'delete',
  'void',
  'throw',
  'new',
  'else',
  'do',
]);

/**
 * Cuts a script into tokens, well enough to see what it assigns to; undefined when that is not sure (a template with
 * substitutions, a character that begins no token). Not a parser: scripts come here after the engine has compiled them.
 */
export function tryTokenizePac(source: string): readonly PacToken[] | undefined {
  const tokens: PacToken[] = [];
  let afterNewline = false;
  for (let at = 0; at < source.length; ) {
    const space = matchAt(blank, source, at);
    if (space !== undefined) {
      afterNewline ||= /[\n\r]/.test(space);
      at += space.length;
      continue;
    }
    const token = tokenAt(source, at, tokens.at(-1));
    if (!token) return undefined;
    tokens.push({ ...token, start: at, afterNewline });
    afterNewline = false;
    at += token.text.length;
  }
  return tokens;
}

function tokenAt(source: string, at: number, last: PacToken | undefined): Pick<PacToken, 'kind' | 'text'> | undefined {
  if (mayBeginExpression(last)) {
    const text = matchAt(expression, source, at);
    if (text !== undefined) return { kind: 'expression', text };
  }
  for (const [kind, lexeme] of lexemes) {
    const text = matchAt(lexeme, source, at);
    if (text) return { kind, text };
  }
  return undefined;
}

function mayBeginExpression(last: PacToken | undefined): boolean {
  if (!last) return true;
  if (last.kind === 'name') return beforeExpression.has(last.text);
  return last.kind === 'punctuator' && ![')', ']', '}', '++', '--'].includes(last.text);
}

function matchAt(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}
