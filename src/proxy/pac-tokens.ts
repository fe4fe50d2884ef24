/** One token of a script. */
export interface PacToken {
  readonly kind: 'name' | 'number' | 'string' | 'expression' | 'punctuator';
  readonly text: string;
  /** Where it begins in the source. */
  readonly start: number;
  readonly afterNewline: boolean;
}

const blank = String.raw`(\s+|//[^\n\r\u2028\u2029]*|/\*[^]*?\*/)`;
const name = String.raw`([\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*)`;
const number = String.raw`((?:0[xobXOB][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)n?)`;
const text = '("(?:[^"\\\\\n\r]|\\\\[^])*"|\'(?:[^\'\\\\\n\r]|\\\\[^])*\'|`(?:[^`\\\\$]|\\\\[^]|\\$(?!\\{))*`)';
const punctuator =
  String.raw`(\.{3}|=>|(?:\*\*|<<|>>>?|&&|\|\||\?\?|[-+*/%&|^<>!=]=?|)=|\+\+|--|&&|\|\||\?\?|\?\.|\*\*|>>>?|<<|` +
  String.raw`[-+*/%&|^<>!~?:.,;(){}[\]])`;
const lexeme = new RegExp([blank, name, number, text, punctuator].join('|'), 'uy');
// In the order of the groups of `lexeme`, after the blank one.
const kinds = ['name', 'number', 'string', 'punctuator'] as const;
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
  for (let start = 0; start < source.length; ) {
    const token = tokenAt(source, start, tokens.at(-1));
    if (!token) return undefined;
    if (token.kind === 'blank') afterNewline ||= /[\n\r]/.test(token.text);
    else {
      tokens.push({ kind: token.kind, text: token.text, start, afterNewline });
      afterNewline = false;
    }
    start += token.text.length;
  }
  return tokens;
}

function tokenAt(
  source: string,
  start: number,
  last: PacToken | undefined,
): { readonly kind: PacToken['kind'] | 'blank'; readonly text: string } | undefined {
  if (source[start] === '/' && mayBeginExpression(last)) {
    expression.lastIndex = start;
    const found = expression.exec(source);
    if (found) return { kind: 'expression', text: found[0] };
  }
  lexeme.lastIndex = start;
  const found = lexeme.exec(source);
  if (!found) return undefined;
  if (found[1] !== undefined) return { kind: 'blank', text: found[0] };
  const kind = kinds.find((_, index) => found[index + 2] !== undefined)!;
  return { kind, text: found[0] };
}

function mayBeginExpression(last: PacToken | undefined): boolean {
  if (!last) return true;
  if (last.kind === 'name') return beforeExpression.has(last.text);
  return last.kind === 'punctuator' && ![')', ']', '}', '++', '--'].includes(last.text);
}
