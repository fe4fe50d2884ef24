import type { DataPart } from './fetch-body.ts';

/** What the command line of `sojourn fetch` says. */
export interface FetchOptions {
  readonly request?: string;
  readonly header?: readonly string[];
  /** Of `-d` and its like, in their order. */
  readonly data: readonly DataPart[];
  readonly form?: readonly string[];
  readonly uploadFile?: string;
  readonly get?: boolean;
  readonly userAgent?: string;
  readonly referer?: string;
  readonly cookie?: string;
  readonly user?: string;
  readonly head?: boolean;
  readonly include?: boolean;
  readonly verbose?: boolean;
  readonly output?: string;
  readonly remoteName?: boolean;
  readonly fail?: boolean;
  readonly silent?: boolean;
  readonly location?: boolean;
  readonly maxTime?: string;
  readonly insecure?: boolean;
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly proxy?: string;
  readonly conditions?: string;
}
