import { StoreError } from '../util/errors.ts';

/** What failed, on one line; of a store also what the file system said, which holds nothing that was stored. */
export function failureText(error: Error): string {
  const { cause } = error as { cause?: NodeJS.ErrnoException };
  const why = error instanceof StoreError && cause?.syscall !== undefined ? ` (${cause.message})` : '';
  return error.message.split('\n')[0] + why;
}
