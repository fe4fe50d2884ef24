import { SojournError } from '../util/errors.ts';
import type { SameSite } from './cookie.ts';

/** A place in a text, both counted from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** A cookie as a file describes it; nothing is checked yet but the types. */
export interface CookieDraft {
  readonly name: string;
  readonly value: string;
  /** Without a leading dot. */
  readonly domain: string;
  readonly hostOnly: boolean;
  readonly path: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: SameSite;
  /** Milliseconds since the epoch; undefined for a session cookie. */
  readonly expiresAt: number | undefined;
  readonly partitionKey: string | undefined;
  /** Where in the file it stands, for messages. */
  readonly position: TextPosition;
}

/** The error of a text that cannot be imported. `problem` must not quote a cookie's value. */
export function malformedImport(position: TextPosition, problem: string): SojournError {
  const { line, column } = position;
  return new SojournError('ERR_IMPORT_MALFORMED', `Cannot import cookies: line ${line}, column ${column}: ${problem}`);
}

/** The place of an offset in a text. */
export function positionOf(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
