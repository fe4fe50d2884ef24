import { fieldValue, type HeaderFields } from './header-fields.ts';

/** One directive; `value` is undefined when it has no argument. */
export interface Directive {
  readonly value: string | undefined;
  /** Whether the argument was a quoted string, as lists of field names are. */
  readonly quoted: boolean;
}

/** Cache-Control by lower-case directive name. */
export type Directives = ReadonlyMap<string, Directive>;

/** RFC 9111 1.2.2: the greatest number of seconds that has to be told apart. */
const maxSeconds = 2 ** 31;

const none: Directives = new Map();

// A name, what follows it, and the comma that ends the directive; commas in quoted strings do not.
const item = /[ \t]*([!#$%&'*+\-.^_`|~0-9a-z]*)((?:[^,"]|"(?:[^"\\]|\\.)*"?)*)(?:,|$)/gi;
const quotedArgument = /^="((?:[^"\\]|\\.)*)"[ \t]*$/;
const tokenArgument = /^=([!#$%&'*+\-.^_`|~0-9a-z]+)[ \t]*$/i;

/** The directives in a message's Cache-Control. */
export function cacheControl(fields: HeaderFields): Directives {
  return parseDirectives(fieldValue(fields, 'cache-control'));
}

/**
 * Reads a Cache-Control field. RFC 9111 5.2.
 *
 * Of two occurrences the first counts (4.2.1), except that a plain `no-cache` outdoes one with field names. What does
 * not follow the grammar keeps its name, so that a restriction is honoured, and its text, so that no number is read
 * from it.
 */
export function parseDirectives(text: string | undefined): Directives {
  if (!text) return none;
  const directives = new Map<string, Directive>();
  for (const [, name, rest] of text.matchAll(item)) {
    if (name) add(directives, name.toLowerCase(), readArgument(rest!));
  }
  return directives;
}

/**
 * A directive's argument in seconds: undefined when the directive is absent, NaN when it is there but no number.
 *
 * Both forms are accepted, token and quoted string. RFC 9111 5.2.
 */
export function directiveSeconds(directives: Directives, name: string): number | undefined {
  const directive = directives.get(name);
  if (!directive) return undefined;
  return /^\d+$/.test(directive.value ?? '') ? Math.min(Number(directive.value), maxSeconds) : Number.NaN;
}

/** The field names that a qualified directive (`no-cache="a, b"`) lists, in lower case; undefined when it is unqualified. */
export function directiveFields(directive: Directive): readonly string[] | undefined {
  if (!directive.quoted || directive.value === undefined) return undefined;
  return directive.value
    .toLowerCase()
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '');
}

function readArgument(rest: string): Directive {
  if (rest === '') return { value: undefined, quoted: false };
  const quoted = quotedArgument.exec(rest);
  if (quoted) return { value: quoted[1]!.replace(/\\(.)/g, '$1'), quoted: true };
  const token = tokenArgument.exec(rest);
  if (token) return { value: token[1], quoted: false };
  return { value: rest.trim() === '' ? undefined : rest, quoted: false };
}

function add(directives: Map<string, Directive>, name: string, directive: Directive): void {
  const known = directives.get(name);
  if (!known) directives.set(name, directive);
  else if (name === 'no-cache' && known.quoted) {
    const both = { value: `${known.value}, ${directive.value}`, quoted: true };
    directives.set(name, directive.quoted ? both : directive);
  }
}
