/** Why a PAC script could not be run, or gave nothing that can be used. */
export class PacScriptError extends Error {
  override readonly name = 'PacScriptError';
  /** Line of the script, from 1; undefined when it is not known. */
  readonly line: number | undefined;
  /** Whether it ran out of time or memory: then its sandbox is spent. */
  readonly isLimit: boolean;

  constructor(message: string, options: { readonly line?: number | undefined; readonly isLimit?: boolean } = {}) {
    super(message);
    this.line = options.line;
    this.isLimit = options.isLimit ?? false;
  }
}
