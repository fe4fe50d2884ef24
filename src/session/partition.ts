import { invalidRange, invalidType } from '../util/errors.ts';
import { describe } from '../util/options.ts';

/** What a partition string says. */
export interface Partition {
  /** The string that tells sessions apart; `''` and `'persist:'` are one. */
  readonly key: string;
  /** Where it lies below the data directory; undefined for one that lives in memory. */
  readonly path: readonly string[] | undefined;
}

const prefix = 'persist:';
const maxEscapedLength = 240;

/**
 * Reads a partition string: `persist:name` is kept on disk, `''` is the default session (on disk), any other name lives
 * in memory.
 *
 * @throws {TypeError} If it is no string, or none of Unicode. @throws {RangeError} If the name is too long for a directory.
 */
export function parsePartition(action: string, input: unknown): Partition {
  if (input === undefined || input === null || input === '' || input === prefix) return { key: '', path: ['Default'] };
  if (typeof input !== 'string')
    throw invalidType(`Cannot ${action}: partition must be a string, got ${describe(input)}`);
  if (!input.startsWith(prefix)) return { key: input, path: undefined };
  const name = input.slice(prefix.length);
  // Half a surrogate pair has no UTF-8: two such names would share a directory.
  if (!name.isWellFormed()) throw invalidType(`Cannot ${action}: the partition's name must be well-formed Unicode`);
  const escaped = escapeName(name);
  if (escaped.length > maxEscapedLength) {
    throw invalidRange(
      `Cannot ${action}: the partition's name must be at most ${maxEscapedLength} characters when escaped`,
    );
  }
  return { key: input, path: ['Partitions', escaped] };
}

/** The partition string of a directory below `Partitions`, or undefined when it is not one of ours. */
export function partitionOfDirectory(directory: string): string | undefined {
  try {
    const name = decodeURIComponent(directory);
    return name !== '' && escapeName(name) === directory ? prefix + name : undefined;
  } catch {
    // URIError: not one of our names.
    return undefined;
  }
}

// Names that mean a device on Windows, whatever follows a dot.
const reserved = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;

/**
 * A directory name for any partition name: lower-case letters, digits, `-` and `_` stand for themselves, the rest is
 * percent-encoded, so that case and odd characters stay apart on every file system.
 */
function escapeName(name: string): string {
  const bytes = [...Buffer.from(name, 'utf8')];
  const escaped = bytes.map(byte =>
    /[a-z0-9_-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : percent(byte),
  );
  if (reserved.test(escaped.join(''))) escaped[0] = percent(bytes[0]!);
  return escaped.join('');
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
